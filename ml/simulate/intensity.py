"""The intensity scale that a segmenter sees, the same in training and at use."""

from __future__ import annotations

import torch
from torch import Tensor


def normalise(image: Tensor) -> Tensor:
    """Scale a volume so that the 1st and 99th percentile of its occupied voxels are 0 and 1,
    clipped to 0..1.5. Occupied: above the minimum by 2 % of the range; a constant volume gives 0.
    """
    sample = image.reshape(-1)[::13]
    low, high = sample.min(), torch.quantile(sample[:1_000_000], 0.999)
    occupied = sample[sample > low + 0.02 * (high - low)]
    if occupied.numel() < 10:
        return torch.zeros_like(image)
    occupied = occupied[:: max(1, occupied.numel() // 200_000)]
    bottom, top = torch.quantile(occupied, torch.tensor([0.01, 0.99])).tolist()
    bottom = min(bottom, float(low) + 0.25 * (top - float(low)))
    scaled: Tensor = (image - bottom) / max(top - bottom, 1e-6)
    return scaled.clamp(0.0, 1.5)
