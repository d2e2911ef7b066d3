"""A dose on its grid, as the viewer wants it: Gy as a flat stream of float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apps.core.errors import Refused

GAMMA: Final = "gamma"
BYTES_MAX: Final = 512 * 1024**2
SAME_PLACE_MM: Final = 1e-2


class DoseRefused(Refused):
    code = "dose_not_shown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseVolume:
    """``values`` float32 (z, y, x), slices ascending along the normal, in Gy (γ has no unit);
    ``spacing`` x, y, z in mm, ``origin`` LPS in mm, ``direction`` row, column and normal."""

    which: str
    values: npt.NDArray[np.float32]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    frame_of_reference_uid: str
    etag: str

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """From voxel (x, y, z) to LPS mm."""
        affine = np.eye(4)
        affine[:3, :3] = np.reshape(self.direction, (3, 3)).T * self.spacing
        affine[:3, 3] = self.origin
        return affine

    @property
    def octets(self) -> bytes:
        return self.values.astype("<f4", copy=False).tobytes()

    @property
    def shown(self) -> dict[str, Any]:
        """The shape of a series' grid (``/geometry``): columns, rows, slices."""
        slices, rows, columns = self.values.shape
        return {
            "which": self.which,
            "dimensions": [columns, rows, slices],
            "spacing": list(self.spacing),
            "origin": list(self.origin),
            "direction": list(self.direction),
            "dtype": "float32",
            "unit": "1" if self.which == GAMMA else "Gy",
            "slope": 1.0,
            "intercept": 0.0,
            "minimum": float(self.values.min()),
            "maximum": float(self.values.max()),
            "bytes": self.values.size * 4,
            "frame_of_reference_uid": self.frame_of_reference_uid,
        }

    def with_values(self, which: str, values: npt.NDArray[np.float32], *, etag: str) -> DoseVolume:
        """Something else on the same grid."""
        return replace(self, which=which, values=values, etag=etag)

    def same_grid(self, other: DoseVolume) -> bool:
        return self.values.shape == other.values.shape and bool(
            np.allclose(self.affine, other.affine, atol=SAME_PLACE_MM)
        )
