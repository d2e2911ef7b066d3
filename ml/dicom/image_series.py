"""What the images of a new series have in common: study, equipment, place, marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, ExplicitVRLittleEndian

from ml.dicom.headers import study_module
from ml.dicom.provenance import MANUFACTURER, Algorithm, code_item, equipment
from ml.dicom.uids import derived_uid
from ml.imaging.volume import SourceSeries, Volume

# Body parts of which there are two (PS3.16 annex L), as far as they are scanned here.
_PAIRED = frozenset(
    ("ARM", "ELBOW", "EXTREMITY", "FOOT", "HAND", "HIP", "KNEE", "LEG", "SHOULDER", "THIGH")
)
_IMPLEMENTATION_UID = UID(derived_uid("implementation", "synoptic"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeries:
    """What a new series says of itself. UIDs of its images follow from ``series_uid``."""

    series_uid: str
    frame_of_reference_uid: str
    number: int
    description: str
    body_part: str
    taken_at: datetime
    protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Marks of pixels that no scanner measured: what made them, from what, and how."""

    algorithm: Algorithm
    derivation: str
    source: SourceSeries | None = None
    geometry_preserved: bool = False


def series_template(
    volume: Volume,
    *,
    study: Dataset,
    series: NewSeries,
    generated: Generated | None,
    sop_class: UID,
    modality: str,
) -> FileDataset:
    """All that the images of the series have in common."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION_UID
    image = FileDataset("", study_module(study), file_meta=meta, preamble=b"\0" * 128)
    image.SpecificCharacterSet = "ISO_IR 192"  # descriptions hold signs beyond Latin 1
    image.SOPClassUID = sop_class
    image.Modality = modality
    image.Manufacturer = MANUFACTURER
    image.ManufacturerModelName = generated.algorithm.name if generated else "Converter"
    image.StationName = "SYNOPTIC"
    image.SeriesInstanceUID = series.series_uid
    image.SeriesNumber = series.number
    image.SeriesDescription = f"SYNTHETIC {series.description}" if generated else series.description
    image.ProtocolName = series.protocol or series.description
    image.BodyPartExamined = series.body_part
    if series.body_part in _PAIRED:
        image.Laterality = ""  # asked for, but not known
    image.PatientPosition = "HFS"
    image.FrameOfReferenceUID = series.frame_of_reference_uid
    image.PositionReferenceIndicator = ""
    for kind in ("Series", "Acquisition", "Content", "InstanceCreation"):
        setattr(image, f"{kind}Date", f"{series.taken_at:%Y%m%d}")
        setattr(image, f"{kind}Time", f"{series.taken_at:%H%M%S}")
    image.BurnedInAnnotation = "NO"
    image.LossyImageCompression = "00"
    image.SyntheticData = "YES" if generated else "NO"
    if generated:
        image.ContentQualification = "RESEARCH"
        image.DerivationDescription = generated.derivation[:1024]
        image.ContributingEquipmentSequence = [
            equipment(generated.algorithm, generated=True, made_at=series.taken_at)
        ]
    _place(image, volume)
    return image


def _place(image: FileDataset, volume: Volume) -> None:
    steps = np.linalg.norm(volume.affine[:3, :3], axis=0)
    direction = volume.affine[:3, :3] / steps
    _, y, x = volume.shape
    image.Rows, image.Columns = y, x
    image.PixelSpacing = [decimal(steps[1]), decimal(steps[0])]
    image.SliceThickness = decimal(steps[2])
    image.SpacingBetweenSlices = decimal(steps[2])
    image.ImageOrientationPatient = [decimal(v) for v in (*direction[:, 0], *direction[:, 1])]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15


def source_item(source: SourceSeries, geometry_preserved: bool, index: int) -> Dataset:
    """The source slice of a generated one: its own where the geometry is kept, else the nearest
    in order."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class_uid
    position = min(index, len(source.sop_instance_uids) - 1)
    item.ReferencedSOPInstanceUID = source.sop_instance_uids[position]
    if source.frame_numbers[position]:
        item.ReferencedFrameNumber = source.frame_numbers[position]
    item.SpatialLocationsPreserved = "YES" if geometry_preserved else "NO"
    purpose = codes.DCM.SourceImageForImageProcessingOperation
    item.PurposeOfReferenceCodeSequence = [code_item(purpose)]
    return item


def decimal(value: float) -> str:
    """A decimal string of at most 16 characters, as precise as that allows."""
    text = repr(round(float(value), 12) + 0.0)
    precision = 14
    while len(text) > 16:
        text = f"{float(value):.{precision}g}"
        precision -= 1
    return text
