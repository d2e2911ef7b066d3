"""A volume and where it lies.

Arrays are indexed (z, y, x); coordinates are LPS in mm (x to the left, y to the back, z to the
head), as in DICOM.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSeries:
    """The DICOM series a volume was read from.

    ``sop_instance_uids``, ``frame_numbers`` and ``files`` have one entry per slice, in the order
    of the array's z axis; a multi-frame object repeats its UID and file, and ``frame_numbers``
    then count its frames from 1 (0 for an object of one frame).
    """

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str | None
    modality: str
    sop_class_uid: str
    sop_instance_uids: tuple[str, ...]
    frame_numbers: tuple[int, ...]
    files: tuple[Path, ...]
    body_part: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """An image on a regular grid.

    ``array`` (z, y, x): HU for CT, the scanner's own scale for MR, after the rescale of the file;
    an integer type where that is exact, else float32.
    ``affine`` (4, 4) float64 maps voxel index (x, y, z, 1) to LPS mm. Its columns may be negative
    or permuted (the grid of the file is kept) but are at right angles.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    source: SourceSeries | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels (z, y, x)."""
        z, y, x = self.array.shape
        return z, y, x

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres (z, y, x) in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(np.prod(self.spacing)) / 1000.0

    def point_lps(self, index: tuple[float, float, float]) -> tuple[float, float, float]:
        """LPS mm of a voxel index (z, y, x)."""
        z, y, x = index
        left, posterior, superior, _ = self.affine @ np.array([x, y, z, 1.0])
        return float(left), float(posterior), float(superior)

    def index_of(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Fractional voxel index (z, y, x) of a point in LPS mm."""
        x, y, z, _ = np.linalg.solve(self.affine, np.array([*point, 1.0]))
        return float(z), float(y), float(x)

    def like(self, array: NDArray[Any]) -> Volume:
        """The same grid and source with another array of the same shape.

        Raises:
            ValueError: the shape differs.
        """
        if array.shape != self.array.shape:
            raise ValueError(f"shape {array.shape} does not fit the grid {self.array.shape}")
        return Volume(array=array, affine=self.affine, source=self.source)

    def digest(self) -> str:
        """SHA-256 (hex) over grid, type and voxels: two files of one image have one digest."""
        sha = hashlib.sha256()
        sha.update(f"{self.array.shape}{self.array.dtype.str}".encode())
        sha.update(np.round(self.affine, 6).astype("<f8").tobytes())
        for plane in self.array:
            sha.update(np.ascontiguousarray(plane).tobytes())
        return sha.hexdigest()
