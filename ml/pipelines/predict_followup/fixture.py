"""A phantom head with a lesion, and tiny networks, for tests of everything but accuracy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ml.imaging.volume import Volume
from ml.models.followup.config import (
    CONDITION_PLANES,
    CONDITION_SCALARS,
    STATE,
    FollowNetConfig,
)
from ml.models.followup.modeling import FollowNet

_TINY = (8, 16)


class PhantomReader(FollowNet):
    """Reads the phantom by its signal: tissue has its own values there."""

    def __init__(self) -> None:
        super().__init__(FollowNetConfig(family="reader", inputs=1, channels=_TINY))

    def forward(self, planes: Tensor, scalars: Tensor | None = None) -> Tensor:
        image = planes / planes[planes > 0.5].median()
        shares = [image - 0.2, image - 1.4, image - 1.8, (0.5 - image) * (image > 0.2)]
        return 60 * torch.cat(shares, dim=1) - 1


def tiny_predictor(*, zero: bool = False, seed: int = 0) -> FollowNet:
    """A flow of a few thousand weights; with ``zero`` it says that nothing changes."""
    torch.manual_seed(seed)
    config = FollowNetConfig(
        family="flow",
        inputs=CONDITION_PLANES + len(STATE),
        scalars=CONDITION_SCALARS + 1,
        channels=_TINY,
    )
    model = FollowNet(config)
    if not zero:
        torch.nn.init.normal_(model.head.weight, std=0.2)
    return model.eval()


def head(radius_mm: float = 12.0, *, noise: float = 4.0, seed: int = 0) -> Volume:
    """A brain of 50 mm radius with a ventricle and, off its middle, a lesion of ``radius_mm`` with
    a brighter core; int16 at 2 mm, axes along LPS."""
    axis = 2.0 * (np.arange(64) - 31.5)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    image = np.where(np.sqrt((z / 1.1) ** 2 + y**2 + (x * 1.15) ** 2) < 50, 1000.0, 0.0)
    image[np.sqrt((z - 8) ** 2 + (y / 2) ** 2 + x**2) < 8] = 350
    away = np.sqrt((z + 10) ** 2 + (y - 8) ** 2 + (x - 20) ** 2)
    image[away < radius_mm] = 1600
    image[away < radius_mm / 2] = 2000
    image += noise * np.random.default_rng(seed).standard_normal(image.shape) * (image > 0)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -63.0
    return Volume(array=image.astype(np.int16), affine=affine)
