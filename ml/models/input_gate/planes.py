"""A small network that looks at slices at 2 mm for traces of movement. Metal may lie between
them, and noise is seen better at the scan's own voxels."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

FAULTS = ("motion",)
_BRIGHTEST = 3.0


class PlaneNet(nn.Module):
    """Slices (B, planes, 128, 128) to log odds (B, faults), the mean over the slices."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 3 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [
                # By the batch, not by the picture: how strong a ghost is must not be lost.
                nn.Conv2d(before, after, 5 if before == 3 else 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers)
        self.answer = nn.Linear(2 * widths[-1], len(FAULTS))

    def forward(self, planes: Tensor) -> Tensor:
        count = planes.shape[1]
        found = self.body(_channels(planes.flatten(0, 1)[:, None]))
        pooled = torch.cat([found.mean(dim=(2, 3)), found.amax(dim=(2, 3))], dim=1)
        answers: Tensor = self.answer(pooled).unflatten(0, (-1, count)).mean(dim=1)
        return answers


def _channels(planes: Tensor) -> Tensor:
    """The picture, what is faint in its air, and its fine detail: (N, 1, y, x) to (N, 3, y, x)."""
    picture = planes.clamp(0, _BRIGHTEST)
    detail = picture - functional.avg_pool2d(picture, 3, stride=1, padding=1)
    return torch.cat([picture, (8 * picture).clamp_max(1.0), (4 * detail).clamp(-2, 2)], dim=1)


def answers(network: PlaneNet, planes: NDArray[np.float32]) -> dict[str, float]:
    """Log odds of each of ``FAULTS``."""
    with torch.inference_mode():
        odds = network(torch.from_numpy(planes)[None])[0].double()
    return dict(zip(FAULTS, odds.tolist(), strict=True))
