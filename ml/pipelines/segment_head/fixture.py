"""A tiny phantom head and a tiny random model, for tests of everything but accuracy."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.models.head_unet.config import HeadUNetConfig
from ml.models.head_unet.modeling import HeadUNet

TINY = HeadUNetConfig(channels=(8, 16), embedding=8)


def phantom_labels(radius: int = 18) -> NDArray[np.int32]:
    """A ball of a head, source ids (z, y, x): skin, bone, fluid, cortex, white matter and a
    ventricle on either side; x grows to the left."""
    axis = np.arange(-radius - 2, radius + 2)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    distance = np.sqrt(z**2 + y**2 + x**2) / radius
    left = x >= 0
    ids = np.zeros(distance.shape, dtype=np.int32)
    for share, left_id, right_id in (
        (1.0, 511, 511),
        (0.9, 515, 515),
        (0.8, 24, 24),
        (0.75, 3, 42),
        (0.6, 2, 41),
        (0.25, 4, 43),
    ):
        ids[distance <= share] = np.where(left, left_id, right_id)[distance <= share]
    return ids


def phantom(spacing_mm: float = 1.0) -> Volume:
    """The phantom as a T1-like volume with axes along LPS."""
    brightness = {511: 0.8, 515: 0.1, 24: 0.2, 3: 0.6, 42: 0.6, 2: 1.0, 41: 1.0, 4: 0.2, 43: 0.2}
    ids = phantom_labels()
    image = np.zeros(ids.shape, dtype=np.float32)
    for label_id, value in brightness.items():
        image[ids == label_id] = 1000 * value
    return Volume(array=image, affine=np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0]))


def tiny_model(seed: int = 0) -> HeadUNet:
    """A head segmenter of a few thousand random weights."""
    torch.manual_seed(seed)
    return HeadUNet(TINY).eval()
