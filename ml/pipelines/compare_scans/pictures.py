"""Pictures of a pair: both images in the squares of a checkerboard, in three planes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from matplotlib import image as picture
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.foreground import foreground
from ml.imaging.volume import Volume

SQUARE_MM: Final = 22.0
STEP_MM: Final = 1.0
Planes = list[NDArray[Any]]


def write_checkerboard(base: Volume, onto: Volume, path: Path) -> None:
    """Squares of both images by turns; where they fit, lines go on across the borders."""
    one, other = (planes_of(volume, grey(volume), order=1) for volume in (base, onto))
    boards = []
    for a, b in zip(one, other, strict=True):
        row, column = np.indices(a.shape) // round(SQUARE_MM / STEP_MM)
        boards.append(np.where((row + column) % 2 == 0, a, b))
    picture.imsave(path, beside(boards), cmap="gray", vmin=0, vmax=1)


def grey(volume: Volume) -> NDArray[np.float32]:
    """``volume`` on 0..1 by what is usual in the subject."""
    values = volume.array[foreground(volume)]
    if values.size == 0:
        return np.zeros(volume.shape, dtype=np.float32)
    low, high = (float(v) for v in np.percentile(values[::7], [1.0, 99.5]))
    low = min(low, 0.0) if volume.array.min() >= 0 else low
    scaled: NDArray[np.float32] = np.clip(
        (volume.array.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1
    )
    return scaled


def planes_of(
    volume: Volume,
    array: NDArray[Any],
    *,
    order: Literal[0, 1],
    at: tuple[int, int, int] | None = None,
) -> Planes:
    """Three planes of ``array`` (z, y, x; on the grid of ``volume``) through the voxel ``at``, by
    default the middle of the subject, in square pixels of 1 mm; what points up is on top."""
    z, y, x = at or middle(volume)
    zooms = [spacing / STEP_MM for spacing in volume.spacing]
    up = slice(None, None, -1) if volume.affine[2, 2] > 0 else slice(None)
    cuts: tuple[tuple[NDArray[Any], list[float]], ...] = (
        (array[z], zooms[1:]),
        (array[up, y], [zooms[0], zooms[2]]),
        (array[up, :, x], zooms[:2]),
    )
    return [ndimage.zoom(plane, zoom, order=order) for plane, zoom in cuts]


def middle(volume: Volume) -> tuple[int, int, int]:
    """The voxel in the middle of the subject."""
    inside = np.argwhere(foreground(volume)[::3, ::3, ::3])
    if len(inside) == 0:
        inside = np.array([[n // 6 for n in volume.shape]])
    z, y, x = (int(v) for v in np.median(inside, axis=0) * 3)
    return z, y, x


def beside(planes: Planes, gap: int = 4) -> NDArray[Any]:
    """Planes from left to right, the lower ones filled up."""
    height = max(len(plane) for plane in planes)
    rest = [(0, 0)] * (planes[0].ndim - 2)
    padded = [np.pad(p, [(0, height - len(p)), (0, gap), *rest]) for p in planes]
    return np.concatenate(padded, axis=1)
