"""An acquired image laid onto the grid of another visit: a derived series in the base's study."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pydicom
from pydicom.sr.codedict import codes

from ml.dicom.headers import source_header
from ml.dicom.image_series import NewSeries
from ml.dicom.provenance import Algorithm, add_equipment, code_item
from ml.dicom.rt_object import reference
from ml.dicom.transverse import transverse
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_ct, write_mr
from ml.imaging.volume import SourceSeries, Volume

SERIES_NUMBER: Final = 9031
_FULL_SCALE: Final = 4095.0


def write_registered(
    moved: Volume,
    base: Volume,
    follow: SourceSeries,
    out_dir: Path,
    *,
    description: str,
    derivation: str,
    algorithm: Algorithm,
    run_id: str,
    key: str = "registered",
) -> list[Path]:
    """Write ``moved``, the image of ``follow`` on the grid of ``base``, as derived images in the
    frame of reference and study of ``base``.

    MR is rounded to integers, of small values first scaled up; CT is HU. Slices of a CT run
    transverse whatever the grid of the base. UIDs follow from ``run_id`` and ``key``.

    Raises:
        ValueError: ``base`` is not from DICOM.
    """
    if base.source is None:
        raise ValueError("a registered series needs the DICOM series that it lies on")
    header = source_header(base.source)
    series = NewSeries(
        series_uid=derived_uid(run_id, f"{key}/series"),
        frame_of_reference_uid=str(header.FrameOfReferenceUID),
        number=SERIES_NUMBER,
        description=description[:64],
        body_part=follow.body_part or base.source.body_part,
        taken_at=datetime.now(UTC),
    )
    if follow.modality == "CT":
        paths = write_ct(transverse(moved).volume, out_dir, study=header, series=series)
    else:
        paths = write_mr(_whole_numbers(moved), out_dir, study=header, series=series)
    sources = [
        reference(follow.sop_class_uid, uid) for uid in dict.fromkeys(follow.sop_instance_uids)
    ]
    for item in sources:
        item.SpatialLocationsPreserved = "NO"
        purpose = codes.DCM.SourceImageForImageProcessingOperation
        item.PurposeOfReferenceCodeSequence = [code_item(purpose)]
    for path in paths:
        image = pydicom.dcmread(path)
        image.ImageType = ["DERIVED", "SECONDARY", *image.ImageType[2:3]]
        image.DerivationDescription = derivation[:1024]
        image.SourceImageSequence = sources
        image.SyntheticData = "YES" if follow.synthetic else "NO"
        image.ContentQualification = "RESEARCH"
        add_equipment(image, algorithm)
        image.save_as(path, enforce_file_format=True)
    return paths


def _whole_numbers(volume: Volume) -> Volume:
    top = float(np.abs(volume.array).max())
    scale = _FULL_SCALE / top if 0 < top < _FULL_SCALE / 8 or top > 32767 else 1.0
    return volume.like(
        np.rint(volume.array * scale).astype(np.int16 if volume.array.min() < 0 else np.uint16)
    )
