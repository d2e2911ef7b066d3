"""Reading Spatial Registration and Deformable Spatial Registration objects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.files import DAMAGE, read_object


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredRegistration:
    """``matrix`` (4, 4), LPS mm: a point of the frame ``base_frame`` to its point in
    ``follow_frame``. ``vectors``: float32 (z, y, x, 3 [x, y, z]) mm, added to the point before the
    matrix, and ``vectors_at`` (4, 4) from their index (x, y, z) to LPS mm; None where rigid."""

    base_frame: str
    follow_frame: str
    matrix: NDArray[np.float64]
    vectors: NDArray[np.float32] | None = None
    vectors_at: NDArray[np.float64] | None = None


def read_registration(path: Path) -> StoredRegistration:
    """The registration of two frames of reference, or of two series of one frame.

    Raises:
        InputUnreadable: the file is damaged. InputRefused: it is no registration of two series.
    """
    try:
        dataset = read_object(path, pixels=False)
        if dataset.SOPClassUID == SpatialRegistrationStorage:
            return _rigid(dataset)
        if dataset.SOPClassUID == DeformableSpatialRegistrationStorage:
            return _deformable(dataset)
    except DAMAGE as error:
        raise InputUnreadable("The registration is damaged.") from error
    raise InputRefused("The object is no registration.")


def _rigid(dataset: Dataset) -> StoredRegistration:
    base, follow = _two(dataset.RegistrationSequence)
    matrices = []
    for item in (base, follow):
        matrix = np.eye(4)
        for step in item.MatrixRegistrationSequence[0].MatrixSequence:
            matrix = _matrix(step) @ matrix
        matrices.append(matrix)
    return StoredRegistration(
        base_frame=str(base.FrameOfReferenceUID),
        follow_frame=str(follow.FrameOfReferenceUID),
        matrix=np.linalg.inv(matrices[1]) @ matrices[0],
    )


def _deformable(dataset: Dataset) -> StoredRegistration:
    base, follow = _two(dataset.DeformableRegistrationSequence)
    grid = follow.DeformableRegistrationGridSequence[0]
    x, y, z = (int(n) for n in grid.GridDimensions)
    array = np.frombuffer(grid.VectorGridData, dtype="<f4").reshape(z, y, x, 3)
    row, column = np.array(grid.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    affine = np.eye(4)
    axes = np.stack([row, column, np.cross(row, column)], axis=1)
    affine[:3, :3] = axes * np.array(grid.GridResolution, dtype=np.float64)
    affine[:3, 3] = np.array(grid.ImagePositionPatient, dtype=np.float64)
    return StoredRegistration(
        base_frame=str(base.SourceFrameOfReferenceUID),
        follow_frame=str(follow.SourceFrameOfReferenceUID),
        matrix=_matrix(follow.PostDeformationMatrixRegistrationSequence[0]),
        vectors=array,
        vectors_at=affine,
    )


def _two(items: Any) -> tuple[Dataset, Dataset]:
    if len(items) != 2:
        raise InputRefused("The object does not register two series.")
    return items[0], items[1]


def _matrix(item: Dataset) -> NDArray[np.float64]:
    values = [float(value) for value in item.FrameOfReferenceTransformationMatrix]
    return np.array(values).reshape(4, 4)
