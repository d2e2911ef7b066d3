"""What figures of the head segmenter are to be held against: below, what needs no image at all;
above, what the truth itself reaches through the model's voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ml.imaging.volume import Volume
from ml.models.head_unet.scores import HeadScores, on_grid
from ml.models.head_unet.segmenter import VOXEL_MM
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.training.segment_head.trials import true_labels

_ATLAS_SHAPE = (120, 120, 120)
_ATLAS_MM = 2


def atlas(anatomies: Sequence[Anatomy]) -> NDArray[np.int16]:
    """The commonest label id of each place, heads laid with their brains' middles together: int16
    (z, y, x) at 2 mm."""
    kinds = np.unique([i for t in labels.TISSUES for i in (t.left_id, t.right_id)])
    votes = np.zeros((len(kinds), *_ATLAS_SHAPE), dtype=np.uint8)
    for anatomy in anatomies:
        placed = centred(anatomy)
        for index, label_id in enumerate(kinds):
            votes[index] += placed == label_id
    commonest: NDArray[np.int16] = kinds[votes.argmax(axis=0)].astype(np.int16)
    return commonest


def centred(anatomy: Anatomy) -> NDArray[np.int16]:
    """True labels at 2 mm, the brain's middle at the middle of the atlas."""
    ids = true_labels(anatomy)
    middle = np.argwhere(anatomy.brain_distance[::4, ::4, ::4] == 0).mean(axis=0) * 4
    placed = np.zeros(_ATLAS_SHAPE, dtype=np.int16)
    grids = []
    for axis, size in enumerate(_ATLAS_SHAPE):
        index = np.round(middle[axis] + _ATLAS_MM * (np.arange(size) - size / 2)).astype(int)
        grids.append((index, (index >= 0) & (index < ids.shape[axis])))
    inside = np.ix_(*(ok for _, ok in grids))
    placed[inside] = ids[np.ix_(*(index[ok] for index, ok in grids))]
    return placed


def through_model_grid(anatomy: Anatomy) -> NDArray[np.int16]:
    """True labels at 1 mm after a passage through the model's voxels: the best that a model
    without error would do."""
    tissue = torch.from_numpy(labels.code_to_tissue()[anatomy.codes]).long()
    is_left = torch.from_numpy(labels.code_to_side()[anatomy.codes] == labels.Side.LEFT)
    size = [max(1, round(s / VOXEL_MM)) for s in tissue.shape]

    def coarse(mask: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(mask.float()[None, None], size=size, mode="area")[0, 0]

    steps = np.array(tissue.shape) / np.array(size)
    affine = np.diag([*steps[::-1], 1.0])
    affine[:3, 3] = (steps[::-1] - 1) / 2
    scores = HeadScores(
        probability=torch.stack([coarse(tissue == k) for k in range(len(labels.TISSUES))]),
        left=coarse(is_left),
        affine=affine,
    )
    result = np.zeros(tissue.shape, dtype=np.int16)
    for slab, kinds, sides in on_grid(scores, Volume(array=anatomy.codes, affine=np.eye(4))):
        result[slab] = labels.combine(kinds, sides)
    return result
