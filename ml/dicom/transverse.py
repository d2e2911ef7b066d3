"""The transverse grid that planning systems import."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.contracts.errors import InputRefused
from ml.imaging.resample import Interpolation, canonical, to_grid
from ml.imaging.volume import Volume

# Planning systems take images of at most this many rows and columns.
MAX_MATRIX = 512
MAX_SLICES = 2000
# Pixels this much longer than wide are resampled to squares rather than refused.
_SQUARE = 1e-4
_ALONG = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transverse:
    """A volume with axes along +LPS, square pixels and at most 512 rows and columns, and why it
    is not the grid it came on ("" where it is). ``exact``: no voxel was interpolated."""

    volume: Volume
    reason: str
    exact: bool


def transverse(volume: Volume, interpolation: Interpolation = "linear") -> Transverse:
    """``volume`` on a grid of transverse slices that a planning system imports.

    A volume that is transverse already is given back as it is, source included. Slices along
    another axis of the body are only turned round. All else is resampled on the finer of its
    in-plane spacings, coarser where 512 pixels would not hold it; the new grid covers the old
    one, and lies outside it at the lowest value.

    Raises:
        InputRefused: it would have more than ``MAX_SLICES`` slices.
    """
    reasons: list[str] = []
    turned = _turned(volume)
    if turned is None:
        angle = _angle(volume)
        reasons.append(f"its slices are oblique by {angle:.1f}° to the axes of the body")
    elif turned is not volume:
        reasons.append("its slices are not transverse")
    upright = turned or volume
    spacing = _spacing(upright, reasons)
    result = upright
    exact = turned is not None and np.allclose(spacing, upright.spacing, rtol=0, atol=1e-9)
    if not exact:
        result = _straight(canonical(upright, spacing, interpolation), interpolation)
    if result.shape[0] > MAX_SLICES:
        raise InputRefused(
            f"As transverse slices the image would have {result.shape[0]} of them, more than "
            f"planning systems import ({MAX_SLICES})."
        )
    if not reasons:
        return Transverse(volume=volume, reason="", exact=True)
    verb = "turned to transverse slices" if exact else "resampled to transverse slices"
    return Transverse(
        volume=result, reason=f"The image was {verb}: {', and '.join(reasons)}.", exact=exact
    )


def _turned(volume: Volume) -> Volume | None:
    """The volume with its axes along +LPS, voxels exact; itself where they are; None if oblique."""
    direction = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    if np.allclose(direction, np.eye(3), rtol=0, atol=_ALONG):
        return volume
    if not np.allclose(np.sort(np.abs(direction), axis=0)[:2], 0, atol=_ALONG):
        return None
    size = np.abs(volume.affine[:3, :3]).sum(axis=1)[::-1]
    return canonical(volume, (float(size[0]), float(size[1]), float(size[2])))


def _straight(volume: Volume, interpolation: Interpolation) -> Volume:
    """``canonical`` takes axes off by a thousandth as they are; planning systems do not."""
    steps = np.round(np.linalg.norm(volume.affine[:3, :3], axis=0), 9)
    if np.allclose(volume.affine[:3, :3], np.diag(steps), rtol=0, atol=_ALONG * steps.min()):
        return volume
    z, y, x = volume.shape
    affine = np.diag([*steps, 1.0])
    middle = (z - 1) / 2, (y - 1) / 2, (x - 1) / 2
    affine[:3, 3] = np.array(volume.point_lps(middle)) - steps * middle[::-1]
    grid = Volume(array=np.empty(volume.shape, dtype=np.uint8), affine=affine)
    return to_grid(volume, grid, interpolation, outside=float(volume.array.min()))


def _angle(volume: Volume) -> float:
    """The largest angle (degrees) between an axis of the grid and the nearest one of the body."""
    direction = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    nearest = np.abs(direction).max(axis=0).min()
    return float(np.degrees(np.arccos(min(1.0, nearest))))


def _spacing(volume: Volume, reasons: list[str]) -> tuple[float, float, float]:
    """Spacing (z, y, x) of the new grid; adds to ``reasons`` what asks for it."""
    # The body axis that a grid axis runs along most gives the spacing there.
    along = np.abs(volume.affine[:3, :3]).argmax(axis=0)
    steps = np.empty(3)
    steps[along] = np.linalg.norm(volume.affine[:3, :3], axis=0)
    x, y, z = (float(step) for step in steps)
    if abs(x - y) > _SQUARE * min(x, y):
        reasons.append(f"its pixels are not square ({x:.2f} × {y:.2f} mm)")
    pixel = min(x, y) if abs(x - y) > _SQUARE * min(x, y) else x
    extent = _extent(volume)
    if extent / pixel > MAX_MATRIX + 1e-3:
        reasons.append(f"it needs more than {MAX_MATRIX} pixels across")
        pixel = extent / MAX_MATRIX
        return z, pixel, pixel
    if abs(x - y) <= _SQUARE * min(x, y):
        return z, y, x
    return z, pixel, pixel


def _extent(volume: Volume) -> float:
    """Width or depth of the box around the volume, whichever is longer, in mm."""
    z, y, x = volume.shape
    widths = np.abs(volume.affine[:3, :3]) @ np.array([x, y, z], dtype=np.float64)
    return float(widths[:2].max())
