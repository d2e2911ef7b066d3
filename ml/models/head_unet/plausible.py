"""Clean-up of a head segmentation: pieces that anatomy does not allow lose their class.

The brain is one piece; each deep nucleus, hippocampus, ventricle and hemisphere is one piece a
side. Where a false island lies, its class is taken from the choice and the next likeliest wins.
Sides are cleaned in the same way: a part of one hemisphere cannot be an island in the other.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from ml.models.head_unet.scores import HeadScores
from ml.simulate import labels

# The share of a structure's largest piece that a second piece needs to be believed: ventricles
# and cerebellar tissue are thin and may part at the model's voxel size.
_SECOND_PIECE = {
    "lateral ventricle": 0.1,
    "inferior lateral ventricle": 0.2,
    "cerebral white matter": 0.02,
    "cerebral cortex": 0.02,
    "cerebellar white matter": 0.05,
    "cerebellar cortex": 0.05,
}
# Structures away from the midline: a piece of one of them lies on one side as a whole.
_COMPACT = frozenset(
    {"caudate", "putamen", "pallidum", "hippocampus", "amygdala", "accumbens area",
     "inferior lateral ventricle"}
)  # fmt: skip
_ROUNDS = 2


def plausible(scores: HeadScores) -> tuple[HeadScores, float]:
    """Take implausible pieces away. The tensors of ``scores`` are changed in place.

    Returns:
        The cleaned scores, and the share of brain voxels that changed.
    """
    in_brain = np.array([t.in_brain for t in labels.TISSUES])
    best = scores.best()
    brain = in_brain[best]
    if not brain.any():
        return scores, 0.0
    box = ndimage.find_objects(ndimage.binary_dilation(brain, iterations=2).astype(np.uint8))[0]
    part = HeadScores(
        probability=scores.probability[(slice(None), *box)],
        left=scores.left[box],
        affine=scores.affine,
    )
    first = best = best[box]
    for _ in range(_ROUNDS):
        part.left.copy_(torch.from_numpy(_cleaned_side(best, part.left.numpy())))
        _remove_islands(part, best, in_brain)
        best = part.best()
    brain = brain[box]
    return scores, float(((best != first) & brain).sum() / brain.sum())


def _remove_islands(
    scores: HeadScores, best: NDArray[np.uint8], in_brain: NDArray[np.bool_]
) -> None:
    """Set the probability of a class to 0 on and beside its islands, in place."""
    is_left = scores.left.numpy() > 0.5
    brain = in_brain[best]
    outside = brain & ~_main_pieces(brain, 0.02)
    boxes = [None, *ndimage.find_objects(best, max_label=len(labels.TISSUES) - 1)]
    for index, (kind, tight) in enumerate(zip(labels.TISSUES, boxes, strict=True)):
        if tight is None or not in_brain[index]:
            continue
        box = tuple(slice(max(0, s.start - 1), s.stop + 1) for s in tight)
        share = _SECOND_PIECE.get(kind.name, 0.3)
        mask, left = best[box] == index, is_left[box]
        false = mask & outside[box]
        for half in (mask & left, mask & ~left) if kind.lateral else (mask,):
            false |= half & ~_main_pieces(half, share)
        if false.any():
            kept = mask & ~false
            beside = ndimage.binary_dilation(false) & ~kept
            scores.probability[index][box][torch.from_numpy(beside)] = 0.0


def _cleaned_side(best: NDArray[np.uint8], left: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of left with islands turned over and compact structures on one side each."""
    smooth: NDArray[np.float32] = ndimage.uniform_filter(left, 5)
    lateral = np.array([t.lateral for t in labels.TISSUES])[best]
    for is_left in (True, False):
        half = lateral & ((smooth > 0.5) == is_left)
        if half.any():
            islands = half & ~_main_pieces(half, 0.2)
            smooth[islands] = 0.0 if is_left else 1.0
    for index, kind in enumerate(labels.TISSUES):
        if kind.name in _COMPACT:
            _vote(best == index, smooth)
    return smooth


def _vote(mask: NDArray[np.bool_], left: NDArray[np.float32]) -> None:
    """Put each piece of ``mask`` on the side that four fifths of it are on, in place."""
    pieces, count = ndimage.label(mask)
    if count == 0:
        return
    shares = ndimage.mean(left > 0.5, pieces, np.arange(1, count + 1))
    decided = np.array([-1.0, *(1.0 if s > 0.8 else 0.0 if s < 0.2 else -1.0 for s in shares)])
    value = decided[pieces]
    settled = value >= 0
    left[settled] = value[settled]


def _main_pieces(mask: NDArray[np.bool_], second: float) -> NDArray[np.bool_]:
    """The largest piece of a mask and those at least ``second`` times its size."""
    pieces, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = (sizes >= second * sizes.max())[pieces]
    return kept & mask
