"""Features of the frozen head segmenter's encoder, and distances between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.evaluation.frozen import Frozen
from ml.evaluation.intervals import Array
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.head_unet.modeling import HeadUNet, fold
from ml.models.head_unet.segmenter import VOXEL_MM, occupied

# Covariances of a few dozen heads have no more than some thirty directions.
DIMENSIONS = 32
_PROJECTION_SEED = 2023
_TOP = 1.5  # the network's scale: 0..1 between the percentiles, cut here
Scale = tuple[float, float]


def intensity_scale(array: NDArray[Any]) -> Scale:
    """The 1st and 99th percentile of the occupied voxels (above the lowest by 2 % of the range):
    0 and 1 on the network's scale."""
    low = float(array.min())
    high = float(np.quantile(array, 0.999))
    held = array[array > low + 0.02 * (high - low)]
    if held.size < 10:
        return low, low + 1.0
    bottom, top = (float(v) for v in np.quantile(held, [0.01, 0.99]))
    return min(bottom, low + 0.25 * (top - low)), max(top, bottom + 1e-6)


def head_features(image: Volume, frozen: Frozen, scale: Scale | None = None) -> Array:
    """Feature vectors (8, 32) of a head: one for each octant of its bounding box.

    Every level of the encoder gives mean and standard deviation over an octant of its feature
    maps, whose vectors are scaled to unit length at each voxel; a fixed random projection (seeded,
    Gaussian) takes all of them to 32 numbers.

    Args:
        image: a head on any grid.
        frozen: the network.
        scale: see :func:`intensity_scale`; the image's own by default.
    """
    maps = _maps(frozen.model, _prepared([image], image, scale or intensity_scale(image.array)))
    pooled = []
    for level in maps:
        parts = [part.flatten(1) for part in _octants(level[0])]
        pooled.append(torch.stack([part.mean(dim=-1) for part in parts]))
        pooled.append(torch.stack([part.std(dim=-1, correction=0) for part in parts]))
    features = torch.cat(pooled, dim=1).double()
    return (features @ _projection(features.shape[1])).numpy()


def perceptual_distance(pred: Volume, ref: Volume, frozen: Frozen) -> float:
    """Mean squared difference of unit-length feature vectors over voxels and levels, as in LPIPS
    (Zhang et al., CVPR 2018) with equal weights; 0 for equal images. Both images are put on the
    reference's intensity scale and cut to its bounding box."""
    maps = _maps(frozen.model, _prepared([pred, ref], ref, intensity_scale(ref.array)))
    levels = [((level[0] - level[1]) ** 2).sum(dim=0).mean() for level in maps]
    return float(torch.stack(levels).mean())


def _prepared(images: list[Volume], reference: Volume, scale: Scale) -> Tensor:
    """Images (B, 1, z, y, x) at the network's voxel size, scaled, cut to the reference's box."""
    bottom, top = scale
    spacing = (VOXEL_MM,) * 3

    def scaled(image: Volume) -> NDArray[np.float32]:
        array = canonical(image, spacing).array.astype(np.float32)
        clipped: NDArray[np.float32] = np.clip((array - bottom) / (top - bottom), 0.0, _TOP)
        return clipped

    box = occupied(scaled(reference))
    return torch.from_numpy(np.stack([scaled(image)[box] for image in images]))[:, None]


def _maps(model: HeadUNet, images: Tensor) -> list[Tensor]:
    """Feature maps (B, C, z, y, x) of each level of the encoder, of unit length at each voxel."""
    padding: list[int] = []
    for size in reversed(images.shape[2:]):
        padding += [0, -size % model.config.stride]
    maps = []
    with torch.inference_mode():
        x = model.stem(fold(functional.pad(images, padding)))
        for level, encoder in enumerate(model.encoders):
            x = encoder(x)
            maps.append(functional.normalize(x, dim=1))
            if level < len(model.downs):
                x = model.downs[level](x)
    return maps


def _octants(level: Tensor) -> list[Tensor]:
    """Eight parts of (C, z, y, x), halved along each axis."""
    parts = [level]
    for axis in (1, 2, 3):
        parts = [half for part in parts for half in torch.tensor_split(part, 2, dim=axis)]
    return parts


def _projection(features: int) -> Tensor:
    generator = torch.Generator().manual_seed(_PROJECTION_SEED)
    matrix = torch.randn(features, DIMENSIONS, generator=generator, dtype=torch.float64)
    return matrix.div(DIMENSIONS**0.5)
