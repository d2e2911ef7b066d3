"""A phantom head on FLAIR, with bright balls where lesions are wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate.phantom import ellipsoid_head

STEP = 3.0
SPACING = (STEP, STEP, STEP)
LABELS = ellipsoid_head((76, 78, 66), SPACING).array
# In the white matter of the right half, away from every organ.
HERE, THERE = (47, 30, 22), (47, 52, 22)


def flair(
    *balls: tuple[tuple[int, int, int], float], seed: int, gain: float = 1.0
) -> NDArray[np.float32]:
    """FLAIR-like grey values, white matter 300, with bright balls (centre, radius in mm)."""
    values = np.full(LABELS.max() + 1, 120.0, dtype=np.float32)
    values[0] = 0.0
    values[[2, 41, 7, 46, 16]] = 300.0
    values[[3, 42, 8, 47, 10, 49, 11, 50, 12, 51, 17, 53]] = 350.0
    values[[4, 43, 14, 15, 24]] = 60.0
    image = values[LABELS]
    z, y, x = np.indices(LABELS.shape)
    for centre, radius in balls:
        away = np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) * STEP
        image[away <= radius] = 620.0
    image += np.random.default_rng(seed).normal(0, 9, image.shape).astype(np.float32)
    return (gain * ndimage.gaussian_filter(image, 0.5)).astype(np.float32)
