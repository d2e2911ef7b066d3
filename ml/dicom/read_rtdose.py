"""Reading RT Dose objects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import RTDoseStorage

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.contracts.geometry import SPACING_TOLERANCE
from ml.dicom.files import DAMAGE, read_object
from ml.dicom.pixels import stored_values
from ml.dicom.planes import plane_of
from ml.imaging.volume import SourceSeries, Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dose:
    """A dose distribution. ``volume.array`` is float32 (z, y, x), in Gy where ``units`` is GY."""

    volume: Volume
    units: str
    dose_type: str
    summation: str
    plan_uid: str
    comment: str


def read_rtdose(path: Path) -> Dose:
    """The dose of one RT Dose object, its planes in ascending order along their normal.

    Raises:
        InputUnreadable: the file is no dose, or is damaged.
        InputRefused: its planes are not evenly spaced, or it holds no grid.
    """
    dataset = read_object(path)
    if dataset.SOPClassUID != RTDoseStorage:
        raise InputUnreadable("The file is not a dose distribution.")
    try:
        return _dose(dataset, path)
    except DAMAGE as error:
        raise InputUnreadable("The dose distribution is damaged.") from error


def _dose(dataset: FileDataset, path: Path) -> Dose:
    array = stored_values(dataset).astype(np.float64) * float(dataset.DoseGridScaling)
    plane = plane_of(dataset)
    offsets = _offsets(dataset, len(array))
    row, column = np.array(plane.row_direction), np.array(plane.column_direction)
    normal = np.cross(row, column)
    order = np.argsort(offsets)
    affine = np.eye(4)
    affine[:3, 0] = row * plane.column_spacing
    affine[:3, 1] = column * plane.row_spacing
    affine[:3, 2] = normal * _step(offsets[order], dataset)
    affine[:3, 3] = np.array(plane.position) + normal * offsets[order[0]]
    plans = dataset.get("ReferencedRTPlanSequence") or ()
    return Dose(
        volume=Volume(
            array=array[order].astype(np.float32),
            affine=affine,
            source=_source(dataset, path, order),
        ),
        units=str(dataset.get("DoseUnits") or ""),
        dose_type=str(dataset.get("DoseType") or ""),
        summation=str(dataset.get("DoseSummationType") or ""),
        plan_uid=next((str(item.ReferencedSOPInstanceUID) for item in plans), ""),
        comment=str(dataset.get("DoseComment") or ""),
    )


def _offsets(dataset: FileDataset, frames: int) -> NDArray[np.float64]:
    """Offset of each plane from the first, along the normal (PS3.3 C.8.8.3.2)."""
    value = dataset.get("GridFrameOffsetVector")
    if frames == 1 and not value:
        return np.zeros(1)
    offsets: NDArray[np.float64] = np.atleast_1d(np.asarray(value, dtype=np.float64))
    if len(offsets) != frames or not np.isfinite(offsets).all():
        raise InputRefused("The planes of the dose do not state where they lie.")
    # The second form of the vector gives the z of every plane instead of its offset.
    from_first: NDArray[np.float64] = offsets - offsets[0]
    return from_first


def _step(offsets: NDArray[np.float64], dataset: FileDataset) -> float:
    if len(offsets) == 1:
        return float(dataset.get("SliceThickness") or 1.0)
    steps = np.diff(offsets)
    step = float(np.median(steps))
    if step <= 0 or np.abs(steps - step).max() > SPACING_TOLERANCE * step:
        raise InputRefused("The planes of the dose are not evenly spaced.")
    return float(steps.mean())


def _source(dataset: FileDataset, path: Path, order: NDArray[np.intp]) -> SourceSeries:
    frames = len(order)
    return SourceSeries(
        study_uid=str(dataset.get("StudyInstanceUID") or ""),
        series_uid=str(dataset.get("SeriesInstanceUID") or ""),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or "") or None,
        modality="RTDOSE",
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uids=(str(dataset.SOPInstanceUID),) * frames,
        frame_numbers=tuple(int(index) + 1 for index in order),
        files=(path,) * frames,
        synthetic=str(dataset.get("SyntheticData") or "") == "YES",
    )
