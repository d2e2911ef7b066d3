"""All that the gate takes from an image: the features by name and a coarse picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.input_gate.features import body_of, measure
from ml.models.input_gate.texture import VOXEL_MM, grain, texture
from ml.models.input_gate.view import extent

COARSE_MM = 2 * VOXEL_MM
# Signal around metal piles up to several times that of bright tissue.
_BRIGHTEST = 4.0
_FEWEST = 16
# Voxels across a plane, and between planes.
PLANE, _APART = 128, 12


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """``features`` by name; ``coarse``: float32 (z, y, x) at 4 mm in LPS axes, bright tissue 1;
    ``planes``: float32 (9, 128, 128), slices through the head at 2 mm, three along each axis."""

    features: dict[str, float]
    coarse: NDArray[np.float32]
    planes: NDArray[np.float32]


def look(volume: Volume) -> Sight:
    """Measure an image on any grid, (z, y, x), any unit.

    Raises:
        ValueError: it holds no signal at all, or values that are not finite.
    """
    if volume.array.ndim != 3 or not np.isfinite(volume.array).all():
        raise ValueError("the image must be a finite volume (z, y, x)")
    along = _padded(canonical(volume, (VOXEL_MM,) * 3))
    features = measure(along)
    image = np.asarray(along.array, dtype=np.float32)
    low, bright = float(image.min()), float(np.quantile(image, 0.98))
    scaled = np.clip((image - low) / (bright - low), 0.0, _BRIGHTEST)
    features |= {
        name: float(np.nan_to_num(value))
        for name, value in texture(scaled, body_of(scaled)).items()
    }
    features |= grain(volume)
    return Sight(features=features, coarse=_halved(scaled), planes=_planes(scaled))


def _planes(scaled: NDArray[np.float32]) -> NDArray[np.float32]:
    """Slices 2.4 cm apart about the middle of the head, each with the head in its middle."""
    coarse = _halved(scaled)
    middle = [sum(extent(coarse, axis)) for axis in range(3)]
    planes = np.zeros((9, PLANE, PLANE), dtype=np.float32)
    for number in range(9):
        axis, place = number // 3, number % 3 - 1
        index = int(np.clip(middle[axis] + place * _APART, 0, scaled.shape[axis] - 1))
        plane: NDArray[np.float32] = np.take(scaled, index, axis=axis)
        rows, columns = (m - PLANE // 2 for a, m in enumerate(middle) if a != axis)
        top, left = max(0, rows), max(0, columns)
        part = plane[top : max(top, rows + PLANE), left : max(left, columns + PLANE)]
        planes[
            number,
            top - rows : top - rows + part.shape[0],
            left - columns : left - columns + part.shape[1],
        ] = part
    return planes


def _padded(volume: Volume) -> Volume:
    """A single slice or film has neighbours like itself, so that every feature has a value."""
    missing = [max(0, _FEWEST - size) for size in volume.shape]
    widths = [(n // 2, n - n // 2) for n in missing]
    return Volume(array=np.pad(volume.array, widths, mode="edge"), affine=volume.affine)


def _halved(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2 x 2 voxels; an odd last plane counts twice."""
    padded = np.pad(image, [(0, size % 2) for size in image.shape], mode="edge")
    z, y, x = (size // 2 for size in padded.shape)
    means: NDArray[np.float32] = padded.reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5))
    return means
