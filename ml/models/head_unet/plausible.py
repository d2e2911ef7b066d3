"""Clean-up of a head segmentation: pieces that anatomy does not allow become their surroundings.

The brain is one piece; each deep nucleus, hippocampus, ventricle and hemisphere is one piece a
side. Small islands elsewhere are false and take the label most common among their neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate import labels

# The share of a structure's largest piece that a second piece needs to be believed: ventricles
# and cerebellar tissue are thin and may part at 1 mm.
_SECOND_PIECE = {
    "lateral ventricle": 0.05,
    "inferior lateral ventricle": 0.2,
    "cerebral white matter": 0.02,
    "cerebral cortex": 0.02,
    "cerebellar white matter": 0.05,
    "cerebellar cortex": 0.05,
}
_ROUNDS = 12


def plausible(
    tissue: NDArray[np.uint8], is_left: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], float]:
    """Remove implausible pieces.

    Args:
        tissue: uint8 (z, y, x), index into ``ml.simulate.labels.TISSUES``.
        is_left: bool, same shape.

    Returns:
        The cleaned tissue map, and the share of brain voxels that were changed.
    """
    in_brain = np.array([t.in_brain for t in labels.TISSUES])[tissue]
    if not in_brain.any():
        return tissue, 0.0
    box = ndimage.find_objects(in_brain.astype(np.uint8))[0]
    part, left = tissue[box], is_left[box]
    doubtful = in_brain[box] & ~_largest(in_brain[box], 0.02)
    for index, kind in enumerate(labels.TISSUES):
        if not kind.in_brain:
            continue
        share = _SECOND_PIECE.get(kind.name, 0.3)
        mask = part == index
        for half in (mask & left, mask & ~left) if kind.lateral else (mask,):
            if half.any():
                doubtful |= half & ~_largest(half, share)
    cleaned = tissue.copy()
    cleaned[box] = _refill(part, doubtful)
    return cleaned, float(doubtful.sum() / in_brain.sum())


def _largest(mask: NDArray[np.bool_], second: float) -> NDArray[np.bool_]:
    """The largest piece of a mask and those at least ``second`` times its size."""
    pieces, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = (sizes >= second * sizes.max())[pieces]
    return kept & mask


def _refill(part: NDArray[np.uint8], doubtful: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Give doubtful voxels the commonest label among their settled neighbours, from outside in."""
    result, open_ = part.copy(), doubtful.copy()
    padded_shape = [size + 2 for size in part.shape]
    for _ in range(_ROUNDS):
        places = np.argwhere(open_)
        if len(places) == 0:
            break
        values = np.full(padded_shape, 255, dtype=np.uint8)
        values[1:-1, 1:-1, 1:-1] = np.where(open_, 255, result)
        offsets = np.indices((3, 3, 3)).reshape(3, -1).T
        around = np.stack([values[tuple((places + o).T)] for o in offsets])
        votes = np.stack([(around == k).sum(axis=0) for k in range(len(labels.TISSUES))])
        settled = votes.max(axis=0) > 0
        winners = votes.argmax(axis=0).astype(np.uint8)
        target = tuple(places[settled].T)
        result[target] = winners[settled]
        open_[target] = False
    return result
