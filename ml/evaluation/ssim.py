"""Structural similarity within a mask, at one scale and at five."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

WINDOW = 7  # uniform, as in scikit-image and the SynthRAD challenges
# Wang, Simoncelli and Bovik, Asilomar 2003.
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim_and_ms_ssim(
    pred: NDArray[Any],
    ref: NDArray[Any],
    mask: NDArray[np.bool_],
    value_range: tuple[float, float],
) -> tuple[float, float]:
    """SSIM (Wang et al., IEEE TIP 2004) and MS-SSIM, averaged over the voxels of ``mask`` whose
    window lies within the image. The maps are MONAI's, with a uniform window of 7 voxels.

    Voxels outside the mask are set to the lowest value in both images first, and all values are
    counted from there, as in the SynthRAD evaluation. Coarser scales are means of 2 voxels along
    each axis; a voxel there counts when at least half of it lies in the mask.

    Args:
        pred, ref: images (z, y, x) in one unit.
        mask: bool (z, y, x).
        value_range: lowest and highest value of the population.

    Returns:
        Both figures; NaN where the image is smaller than a window (for MS-SSIM: at any of the
        five scales, which takes 112 voxels along each axis).
    """
    low, high = value_range
    box = _box(mask)
    inside = mask[box]
    first, second = (
        torch.from_numpy(np.where(inside, np.clip(image[box], low, high) - low, 0.0)).float()
        for image in (pred, ref)
    )
    weight = torch.from_numpy(inside).float()
    single, product = float("nan"), 1.0
    for level, power in enumerate(_WEIGHTS):
        if min(first.shape) < WINDOW or not (weight >= 0.5).any():
            return single, float("nan")
        similarity, contrast = _maps(first, second, high - low)
        where = _valid(weight) >= 0.5
        if not where.any():
            return single, float("nan")
        if level == 0:
            single = float(similarity[where].double().mean())
        last = level == len(_WEIGHTS) - 1
        mean = float((similarity if last else contrast)[where].double().mean())
        product *= max(mean, 0.0) ** power
        first, second, weight = (_halved(image) for image in (first, second, weight))
    return single, product


def _maps(pred: Tensor, ref: Tensor, data_range: float) -> tuple[Tensor, Tensor]:
    from monai.metrics.regression import compute_ssim_and_cs

    similarity, contrast = compute_ssim_and_cs(
        pred[None, None],
        ref[None, None],
        spatial_dims=3,
        kernel_size=(WINDOW,) * 3,
        kernel_sigma=(1.5,) * 3,
        data_range=data_range,
        kernel_type="uniform",
    )
    return similarity[0, 0], contrast[0, 0]


def _valid(weight: Tensor) -> Tensor:
    """The voxels whose window lies within the image."""
    rim = WINDOW // 2
    return weight[rim:-rim, rim:-rim, rim:-rim]


def _halved(image: Tensor) -> Tensor:
    if min(image.shape) < 2:
        return image
    return functional.avg_pool3d(image[None, None], 2)[0, 0]


def _box(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """The mask's bounding box with room for a window at the coarsest scale, where there is any:
    the air around a head need not be convolved."""
    room = WINDOW // 2 * 2 ** (len(_WEIGHTS) - 1)
    box = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        if not filled.size:
            return (slice(None),) * 3
        # Cut at multiples of the coarsest voxel, so that coarse voxels stay where they were.
        step = 2 ** (len(_WEIGHTS) - 1)
        low = max(0, int(filled[0]) - room) // step * step
        high = min(mask.shape[axis], int(filled[-1]) + 1 + room)
        box.append(slice(low, high))
    return tuple(box)
