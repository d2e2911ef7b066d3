"""MR on the scale that the network was trained on, and HU on the network's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

HU_UNIT = 1000.0
HU_RANGE = (-1024.0, 3071.0)
# Fat of a T1 image, whose scale differs from scanner to scanner, is brought to 1.
BRIGHT_PERCENTILE = 95.0
CLIP = 2.5


def normalise(mr: NDArray[Any], body: NDArray[np.bool_]) -> NDArray[np.float32]:
    """MR (any shape and scale) so that the 95th percentile inside ``body`` is 1, clipped to
    0..2.5.

    Raises:
        ValueError: no body, or no signal in it.
    """
    inside = mr[body]
    bright = float(np.percentile(inside, BRIGHT_PERCENTILE)) if inside.size else 0.0
    if bright <= 0:
        raise ValueError("no body with signal is found in the image")
    scaled: NDArray[np.float32] = np.clip(mr.astype(np.float32) / bright, 0.0, CLIP)
    return scaled


def to_hu(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Network units -> HU, clipped to -1024..3071."""
    hu: NDArray[np.float32] = np.clip(values * HU_UNIT, *HU_RANGE).astype(np.float32)
    return hu
