"""A head of simple shapes, and a segmenter that knows it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.models.head_unet.scores import HeadScores, on_grid
from ml.models.head_unet.segmenter import VoxelClasses
from ml.simulate import labels
from ml.simulate.phantom import ellipsoid_head


def head() -> Volume:
    """Labels of a head at 4 mm."""
    return ellipsoid_head((56, 58, 48), (4.0, 4.0, 4.0))


def scores_of(truth: Volume) -> HeadScores:
    """Scores that are sure of the labels of ``truth``."""
    codes = labels.encode(truth.array)
    tissue = torch.from_numpy(labels.code_to_tissue()[codes]).long()
    one_hot = torch.nn.functional.one_hot(tissue, len(labels.TISSUES))
    left = labels.code_to_side()[codes] == labels.Side.LEFT
    return HeadScores(
        probability=one_hot.permute(3, 0, 1, 2).float().contiguous(),
        left=torch.from_numpy(left.astype(np.float32)),
        affine=truth.affine,
    )


class KnowingSegmenter:
    """Finds ``truth`` in whatever it is shown, in two pieces of work."""

    def __init__(self, truth: Volume) -> None:
        self.truth = truth

    def pieces(self, image: Volume) -> Generator[float, None, VoxelClasses]:
        yield 0.0
        scores = scores_of(self.truth)
        tissue = np.zeros(image.shape, dtype=np.uint8)
        is_left: NDArray[np.bool_] = np.zeros(image.shape, dtype=np.bool_)
        for slab, kinds, sides in on_grid(scores, image):
            tissue[slab], is_left[slab] = kinds, sides
        yield 0.9
        return VoxelClasses(tissue=tissue, is_left=is_left, scores=scores, changed_share=0.0)
