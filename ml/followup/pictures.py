"""The change between two visits as a picture for a quick look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import image as picture
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.normalise import scale_percentiles
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume

STEP_MM: Final = 1.0
PLANES: Final = 3
MAX_STEPS: Final = 400
GAINED: Final = (1.0, 0.35, 0.2)
LOST: Final = (0.25, 0.6, 1.0)
KEPT: Final = (1.0, 0.85, 0.2)


def change_picture(
    base: Volume, onto: Volume, lesions: NDArray[Any], change: NDArray[Any], path: Path
) -> None:
    """The follow-up's transverse planes that hold most change, beside the base's: lesions
    outlined, what came red, what went blue. ``lesions`` and ``change`` (+1 came, -1 went) lie on
    the grid of ``base`` (z, y, x)."""
    one, two = _upright(base), _upright(onto)
    outline = _upright(base.like((lesions > 0).astype(np.float32)), nearest=True).array > 0.5
    came = _upright(base.like((change > 0).astype(np.float32)), nearest=True).array > 0.5
    went = _upright(base.like((change < 0).astype(np.float32)), nearest=True).array > 0.5
    images = [scale_percentiles(volume.array) for volume in (one, two)]
    planes = []
    for index in _telling(came | went, outline):
        pair = [_coloured(array[index]) for array in images]
        for shown in pair:
            edge = outline[index] & ~ndimage.binary_erosion(outline[index])
            shown[edge] = KEPT
        pair[1][came[index]] = GAINED
        pair[0][went[index]] = LOST
        planes.append(np.concatenate(pair, axis=0))
    _save(planes, path)


def _upright(volume: Volume, *, nearest: bool = False) -> Volume:
    longest = max(n * s for n, s in zip(volume.shape, volume.spacing, strict=True))
    step = max(STEP_MM, longest / MAX_STEPS)
    return canonical(volume, (step, step, step), "nearest" if nearest else "linear")


def _telling(change: NDArray[np.bool_], lesions: NDArray[np.bool_]) -> list[int]:
    """Indices of transverse planes: where most changed, else where most lesion is, else about the
    middle; apart from each other, from foot to head."""
    counts = change.sum(axis=(1, 2)) * 1000 + lesions.sum(axis=(1, 2))
    score = counts.astype(np.float64)
    height = len(score)
    if not score.any():
        return [round(height * share) for share in (0.45, 0.55, 0.65)]
    chosen: list[int] = []
    while len(chosen) < PLANES and score.max() > 0:
        best = int(score.argmax())
        chosen.append(best)
        score[max(0, best - height // 25) : best + height // 25 + 1] = 0
    return sorted(chosen)


def _coloured(plane: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(plane[..., None], 3, axis=-1)


def _save(planes: Sequence[NDArray[Any]], path: Path) -> None:
    height = max(len(plane) for plane in planes)
    padded = []
    for plane in planes:
        colour = plane if plane.ndim == 3 else _coloured(plane)
        padded.append(np.pad(colour, ((0, height - len(colour)), (0, 4), (0, 0))))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.imsave(path, np.clip(np.concatenate(padded, axis=1), 0, 1))
