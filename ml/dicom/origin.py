"""Where an image comes from: a scanner, a simulation, or a model that worked on images."""

from __future__ import annotations

from ml.dicom.headers import source_header
from ml.dicom.provenance import MANUFACTURER
from ml.imaging.volume import SourceSeries


def made_of_images(source: SourceSeries) -> bool:
    """Whether a model or a run made the series of other images: predicted, synthesised, registered.

    Such a series names what it was made of, and says that it is synthetic or that we contributed.
    A simulated patient names nothing: nobody was scanned; a simulated visit of somebody says that
    a simulator made it.
    """
    header = source_header(source)
    if str(header.get("SeriesDescription") or "").upper().startswith("SYNTHETIC PREDICTED"):
        return True
    simulated = "SIMULATOR" in str(header.get("ManufacturerModelName") or "").upper()
    if simulated or not header.get("SourceImageSequence"):
        return False
    equipment = header.get("ContributingEquipmentSequence") or []
    ours = any(str(item.get("Manufacturer") or "") == MANUFACTURER for item in equipment)
    return ours or source.synthetic
