"""Intensities on a common scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scale_percentiles(
    array: NDArray[Any], low: float = 0.5, high: float = 99.5
) -> NDArray[np.float32]:
    """Map the ``low`` and ``high`` percentiles of ``array`` (any shape) to 0 and 1 and clip.

    MR has no absolute unit, so a model sees each scan on its own scale. A constant image becomes
    all zeros.
    """
    values = array.astype(np.float32, copy=False)
    # A hundredth of a head is plenty for a percentile and a hundred times quicker to sort.
    sample = values.reshape(-1)[:: max(1, values.size // 500_000)]
    bottom, top = np.percentile(sample, [low, high])
    if top <= bottom:
        bottom, top = float(values.min()), float(values.max())
    if top <= bottom:
        return np.zeros_like(values)
    return _clipped(values, bottom, top)


def window(array: NDArray[Any], centre: float, width: float) -> NDArray[np.float32]:
    """Map a display window (centre and width, in the unit of ``array``) to 0..1 and clip.

    Raises:
        ValueError: the width is not positive.
    """
    if width <= 0:
        raise ValueError("a window's width must be positive")
    values = array.astype(np.float32, copy=False)
    return _clipped(values, centre - width / 2, centre + width / 2)


def _clipped(values: NDArray[np.float32], bottom: float, top: float) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (values - np.float32(bottom)) / np.float32(top - bottom)
    np.clip(scaled, 0.0, 1.0, out=scaled)
    return scaled
