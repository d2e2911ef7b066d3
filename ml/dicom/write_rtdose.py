"""A dose distribution as an RT Dose object (PS3.3 A.18)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.tag import Tag
from pydicom.uid import RTDoseStorage, RTPlanStorage

from ml.dicom.headers import source_header
from ml.dicom.image_series import decimal
from ml.dicom.provenance import Algorithm, Written, mark, save
from ml.dicom.rt_object import NewObject, object_template, reference
from ml.imaging.volume import Volume

SERIES_NUMBER = 9013
_GRID_FRAME_OFFSET_VECTOR = Tag(0x3004, 0x000C)


def write_rtdose(
    dose: Volume,
    source: Volume,
    *,
    plan_uid: str,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "rtdose",
    description: str = "Research dose, not approved",
    comment: str = "",
    synthetic: bool = False,
    bits: Literal[16, 32] = 32,
    made_at: datetime | None = None,
) -> Written:
    """Write ``dose`` (Gy over all fractions, float (z, y, x), transverse) of the plan ``plan_uid``.

    ``source`` is the image that the dose was calculated on: patient, study and frame of reference
    are its. ``synthetic`` marks a dose that stands on synthetic pixels although ``source`` does
    not (a plan made on a synthetic CT, recalculated). The values are stored as ``bits``-bit
    integers, rounded to a step of the highest dose by 2^bits. UIDs follow from ``run_id`` and
    ``key``.

    Raises:
        ValueError: ``source`` is not from DICOM, the grid is not transverse, or the dose is
            negative or not a number somewhere.
    """
    if source.source is None:
        raise ValueError("a dose needs the DICOM series it was calculated on")
    _check(dose)
    moment = made_at or datetime.now(UTC)
    header = source_header(source.source)
    new = NewObject(
        sop_class=RTDoseStorage,
        modality="RTDOSE",
        series_number=SERIES_NUMBER,
        description=description,
        algorithm=algorithm,
        run_id=run_id,
        key=key,
        made_at=moment,
    )
    dataset = object_template(header, new)
    dataset.FrameOfReferenceUID = header.FrameOfReferenceUID
    dataset.PositionReferenceIndicator = ""
    dataset.ContentDate, dataset.ContentTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    _place(dataset, dose)
    _store(dataset, dose.array, bits)
    dataset.DoseUnits = "GY"
    dataset.DoseType = "PHYSICAL"
    dataset.DoseSummationType = "PLAN"
    dataset.DoseComment = comment[:64]
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.ReferencedRTPlanSequence = [reference(RTPlanStorage, plan_uid)]
    mark(dataset, source.source, algorithm)
    if synthetic:
        dataset.SyntheticData = "YES"
    return save(dataset, path)


def _check(dose: Volume) -> None:
    direction = dose.affine[:3, :3] / np.linalg.norm(dose.affine[:3, :3], axis=0)
    if not np.allclose(direction, np.eye(3), atol=1e-6):
        raise ValueError("dose is written on a transverse grid: axes must run along +LPS")
    if not np.isfinite(dose.array).all() or dose.array.min() < 0:
        raise ValueError("the dose is negative or not a number somewhere")


def _place(dataset: FileDataset, dose: Volume) -> None:
    frames, rows, columns = dose.shape
    thickness, row_spacing, column_spacing = dose.spacing
    dataset.NumberOfFrames = frames
    dataset.FrameIncrementPointer = _GRID_FRAME_OFFSET_VECTOR
    dataset.GridFrameOffsetVector = [decimal(index * thickness) for index in range(frames)]
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PixelSpacing = [decimal(row_spacing), decimal(column_spacing)]
    dataset.SliceThickness = decimal(thickness)
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [decimal(v) for v in dose.point_lps((0, 0, 0))]


def _store(dataset: FileDataset, array: NDArray[Any], bits: Literal[16, 32]) -> None:
    steps = 2**bits - 1
    # Ten digits fit a decimal string; a step too short by rounding would overflow.
    scaling = f"{float(array.max()) * (1 + 1e-9) / steps or 1e-6:.9e}"
    stored = np.rint(array.astype(np.float64) / float(scaling))
    dataset.DoseGridScaling = scaling
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stored.astype(f"<u{bits // 8}").tobytes()
    dataset["PixelData"].VR = "OW"
