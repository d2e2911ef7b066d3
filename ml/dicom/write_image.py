"""A volume as a series of CT or MR images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from ml.dicom.headers import study_module
from ml.dicom.provenance import MANUFACTURER, Algorithm, equipment
from ml.dicom.uids import derived_uid
from ml.imaging.volume import SourceSeries, Volume

CT_INTERCEPT = -1024
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MrSequence:
    """How an MR image was taken, as far as it is known (PS3.3 C.8.3.1)."""

    scanning_sequence: str = "RM"
    sequence_variant: str = "NONE"
    acquisition_type: str = ""
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    flip_angle: float | None = None


def write_mr(
    volume: Volume,
    out_dir: Path,
    *,
    study: Dataset,
    series: NewSeries,
    sequence: MrSequence | None = None,
    generated: Generated | None = None,
) -> list[Path]:
    """Write ``volume`` (integers that fit 16 bits) as MR images, one per slice.

    ``study`` is the header of the patient and study it belongs to. With ``generated`` the images
    carry the marks of synthetic pixels (CONVENTIONS.md), and the description starts with
    ``SYNTHETIC``.

    Raises:
        ValueError: the voxels are not integers of 16 bits.
    """
    stored = _sixteen_bits(volume.array)
    sequence = sequence or MrSequence()
    low, high = np.percentile(volume.array[:: max(1, len(volume.array) // 32)], [1, 99.5])
    width = max(1.0, float(high - low))

    def finish(image: FileDataset) -> None:
        image.ScanningSequence = sequence.scanning_sequence
        image.SequenceVariant = sequence.sequence_variant
        image.ScanOptions = ""
        image.MRAcquisitionType = sequence.acquisition_type
        image.RepetitionTime = sequence.repetition_time_ms
        image.EchoTime = sequence.echo_time_ms
        image.EchoTrainLength = None
        if sequence.flip_angle is not None:
            image.FlipAngle = sequence.flip_angle
        image.WindowCenter = round(float(low) + width / 2, 1)
        image.WindowWidth = round(width, 1)

    template = _template(
        volume,
        study=study,
        series=series,
        generated=generated,
        sop_class=MRImageStorage,
        modality="MR",
    )
    finish(template)
    template.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "SYNTHETIC"] if generated else [
        "DERIVED", "SECONDARY", "OTHER",
    ]  # fmt: skip
    return _write(template, stored, volume, out_dir, generated)


def write_ct(
    volume: Volume,
    out_dir: Path,
    *,
    study: Dataset,
    series: NewSeries,
    generated: Generated | None = None,
) -> list[Path]:
    """Write ``volume`` (HU) as transverse CT images, stored as HU + 1024 in 16 bits.

    HU are rounded to integers and clipped to −1024 … 64511.

    Raises:
        ValueError: the axes do not run along the body (resample with ``canonical`` first), or the
            pixels are not square.
    """
    direction = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    if not np.allclose(direction, np.eye(3), atol=1e-6):
        raise ValueError("CT is written in transverse slices: axes must run along +LPS")
    if not np.isclose(volume.spacing[1], volume.spacing[2]):
        raise ValueError("CT is written with square pixels")
    stored = np.clip(np.rint(volume.array) - CT_INTERCEPT, 0, 65535).astype(np.uint16)
    template = _template(
        volume,
        study=study,
        series=series,
        generated=generated,
        sop_class=CTImageStorage,
        modality="CT",
    )
    template.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    if generated:
        template.ImageType.append("SYNTHETIC")
    template.RescaleIntercept = CT_INTERCEPT
    template.RescaleSlope = 1
    template.RescaleType = "HU"
    template.KVP = None
    template.AcquisitionNumber = None
    template.ConvolutionKernel = "NONE"
    template.WindowCenter, template.WindowWidth = 40, 400
    return _write(template, stored, volume, out_dir, generated)


def _sixteen_bits(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "iu":
        raise ValueError("MR images are written from integers")
    if array.min() >= 0 and array.max() <= 65535:
        return array.astype(np.uint16)
    if array.min() >= -32768 and array.max() <= 32767:
        return array.astype(np.int16)
    raise ValueError("the values do not fit 16 bits")


def _template(
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
    image.PixelSpacing = [_ds(steps[1]), _ds(steps[0])]
    image.SliceThickness = _ds(steps[2])
    image.SpacingBetweenSlices = _ds(steps[2])
    image.ImageOrientationPatient = [_ds(v) for v in (*direction[:, 0], *direction[:, 1])]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15


def _write(
    template: FileDataset,
    stored: NDArray[Any],
    volume: Volume,
    out_dir: Path,
    generated: Generated | None,
) -> list[Path]:
    out_dir.mkdir(parents=True, exist_ok=True)
    template.PixelRepresentation = int(stored.dtype.kind == "i")
    if template.Modality == "CT":
        del template.SpacingBetweenSlices  # no attribute of the CT image module
    normal = np.cross(volume.affine[:3, 0], volume.affine[:3, 1])
    # DICOM slices have no order but their position; number them so that it ascends.
    order = range(len(stored))
    if normal @ volume.affine[:3, 2] < 0:
        order = range(len(stored) - 1, -1, -1)
    paths = []
    for number, index in enumerate(order, start=1):
        uid = UID(derived_uid(str(template.SeriesInstanceUID), f"image-{number}"))
        template.SOPInstanceUID = template.file_meta.MediaStorageSOPInstanceUID = uid
        template.InstanceNumber = number
        template.ImagePositionPatient = [_ds(v) for v in volume.point_lps((index, 0, 0))]
        if generated and generated.source:
            template.SourceImageSequence = [
                _source_item(generated.source, generated.geometry_preserved, index)
            ]
        template.PixelData = np.ascontiguousarray(stored[index]).astype("<u2", copy=False).tobytes()
        template["PixelData"].VR = "OW"
        path = out_dir / f"{number:04d}.dcm"
        template.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _source_item(source: SourceSeries, geometry_preserved: bool, index: int) -> Dataset:
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
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = purpose.value, purpose.scheme_designator
    code.CodeMeaning = purpose.meaning
    item.PurposeOfReferenceCodeSequence = [code]
    return item


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters, as precise as that allows."""
    text = repr(round(float(value), 12) + 0.0)
    precision = 10
    while len(text) > 16:
        text = f"{float(value):.{precision}g}"
        precision -= 1
    return text
