"""A volume as a series of CT or MR images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID, CTImageStorage, MRImageStorage

from ml.dicom.image_series import Generated, NewSeries, decimal, series_template, source_item
from ml.dicom.transverse import MAX_MATRIX
from ml.dicom.uids import derived_uid
from ml.imaging.volume import Volume

CT_INTERCEPT = -1024
SYNTHETIC_CT_STATION = "SYNOPTIC-SCT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MrSequence:
    """How an MR image was taken, as far as it is known (PS3.3 C.8.3.1)."""

    scanning_sequence: str = "RM"
    sequence_variant: str = "NONE"
    acquisition_type: str = ""
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
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
        if sequence.inversion_time_ms is not None:
            image.InversionTime = sequence.inversion_time_ms
        if sequence.flip_angle is not None:
            image.FlipAngle = sequence.flip_angle
        image.WindowCenter = round(float(low) + width / 2, 1)
        image.WindowWidth = round(width, 1)

    image = series_template(
        volume,
        study=study,
        series=series,
        generated=generated,
        sop_class=MRImageStorage,
        modality="MR",
    )
    finish(image)
    image.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "SYNTHETIC"] if generated else [
        "DERIVED", "SECONDARY", "OTHER",
    ]  # fmt: skip
    return _write(image, stored, volume, out_dir, generated)


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
        ValueError: the axes do not run along +LPS, the pixels are not square, or a synthetic CT
            has more than 512 rows or columns (``ml.dicom.transverse`` first).
    """
    direction = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    if not np.allclose(direction, np.eye(3), atol=1e-6):
        raise ValueError("CT is written in transverse slices: axes must run along +LPS")
    if not np.isclose(volume.spacing[1], volume.spacing[2]):
        raise ValueError("CT is written with square pixels")
    if generated and max(volume.shape[1:]) > MAX_MATRIX:
        raise ValueError(f"a synthetic CT has at most {MAX_MATRIX} rows and columns")
    stored = np.clip(np.rint(volume.array) - CT_INTERCEPT, 0, 65535).astype(np.uint16)
    image = series_template(
        volume,
        study=study,
        series=series,
        generated=generated,
        sop_class=CTImageStorage,
        modality="CT",
    )
    image.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    if generated:
        image.ImageType.append("SYNTHETIC")
        # Planning systems choose the curve from HU to density by the name of the scanner.
        image.StationName = SYNTHETIC_CT_STATION
    image.RescaleIntercept = CT_INTERCEPT
    image.RescaleSlope = 1
    image.RescaleType = "HU"
    image.KVP = None
    image.AcquisitionNumber = None
    image.ConvolutionKernel = "NONE"
    image.WindowCenter, image.WindowWidth = 40, 400
    return _write(image, stored, volume, out_dir, generated)


def _sixteen_bits(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "iu":
        raise ValueError("MR images are written from integers")
    if array.min() >= 0 and array.max() <= 65535:
        return array.astype(np.uint16)
    if array.min() >= -32768 and array.max() <= 32767:
        return array.astype(np.int16)
    raise ValueError("the values do not fit 16 bits")


def _write(
    image: FileDataset,
    stored: NDArray[Any],
    volume: Volume,
    out_dir: Path,
    generated: Generated | None,
) -> list[Path]:
    out_dir.mkdir(parents=True, exist_ok=True)
    image.PixelRepresentation = int(stored.dtype.kind == "i")
    if image.Modality == "CT":
        del image.SpacingBetweenSlices  # no attribute of the CT image module
    normal = np.cross(volume.affine[:3, 0], volume.affine[:3, 1])
    # DICOM slices have no order but their position; number them so that it ascends.
    order = range(len(stored))
    if normal @ volume.affine[:3, 2] < 0:
        order = range(len(stored) - 1, -1, -1)
    paths = []
    for number, index in enumerate(order, start=1):
        uid = UID(derived_uid(str(image.SeriesInstanceUID), f"image-{number}"))
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = uid
        image.InstanceNumber = number
        image.ImagePositionPatient = [decimal(v) for v in volume.point_lps((index, 0, 0))]
        if generated and generated.source:
            image.SourceImageSequence = [
                source_item(generated.source, generated.geometry_preserved, index)
            ]
        image.PixelData = np.ascontiguousarray(stored[index]).astype("<u2", copy=False).tobytes()
        image["PixelData"].VR = "OW"
        path = out_dir / f"{number:04d}.dcm"
        image.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths
