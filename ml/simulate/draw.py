"""Random numbers for the simulator: one seeded generator, drawn from by name of distribution."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Draw:
    """Seeded draws. The same seed gives the same anatomy and image on the same torch version."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def uniforms(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator)

    def normals(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator)

    def log_normal(self, sd: float) -> float:
        """A factor around 1 whose logarithm has the standard deviation ``sd``."""
        return math.exp(sd * float(torch.randn((), generator=self.generator)))

    def integer(self, low: int, high: int) -> int:
        """A whole number in ``low .. high - 1``."""
        return int(torch.randint(low, high, (), generator=self.generator))

    def chance(self, probability: float) -> bool:
        return float(torch.rand((), generator=self.generator)) < probability
