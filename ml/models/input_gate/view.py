"""A small network that looks at the coarse picture: which way up the head lies, whether its size,
its outline or a void in it are wrong.

It sees 256 mm at 4 mm, centred on the head. Trained on simulated heads in random contrasts, so that
it goes by the anatomy and not by a contrast.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.float32]
SIDE = 64
# A pose is an order of the axes and whether the head's z and y run backwards; right and left look
# the same.
POSES: tuple[tuple[tuple[int, int, int], bool, bool], ...] = tuple(
    ((order[0], order[1], order[2]), z_back, y_back)
    for order in itertools.permutations(range(3))
    for z_back in (False, True)
    for y_back in (False, True)
)
# What the network answers beside the pose.
FAULTS = ("spacing", "cut", "metal")
_BRIGHTEST = 3.0
_TISSUE, _PART = 0.25, 0.04


class ViewNet(nn.Module):
    """(B, 1, 64, 64, 64) to (B, poses + faults) logits; upright is pose 0."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        widths = (1, width, 2 * width, 4 * width, 4 * width, 6 * width)
        strides = (2, 2, 2, 1, 2)
        layers: list[nn.Module] = []
        for before, after, stride in zip(widths, widths[1:], strides, strict=False):
            layers += [
                nn.Conv3d(before, after, 3, stride=stride, padding=1, bias=False),
                nn.GroupNorm(4, after),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers)
        self.answer = nn.Linear(widths[-1] * 4**3, len(POSES) + len(FAULTS))

    def forward(self, cubes: Tensor) -> Tensor:
        answers: Tensor = self.answer(self.body(cubes).flatten(1))
        return answers


def cube(coarse: Array) -> Array:
    """The picture (z, y, x) at 4 mm as (64, 64, 64), the middle of the head in its middle."""
    result = np.zeros((SIDE,) * 3, dtype=np.float32)
    source, target = [], []
    for axis in range(3):
        first, last = extent(coarse, axis)
        start = (first + last + 1) // 2 - SIDE // 2
        low, high = max(0, start), min(coarse.shape[axis], start + SIDE)
        source.append(slice(low, high))
        target.append(slice(low - start, high - start))
    result[tuple(target)] = np.minimum(coarse[tuple(source)], _BRIGHTEST)
    return result


def extent(coarse: Array, axis: int) -> tuple[int, int]:
    """First and last plane across ``axis`` that show a good part of the head."""
    shown = (coarse > _TISSUE).sum(axis=tuple(a for a in range(3) if a != axis))
    planes = np.flatnonzero(shown >= max(1.0, _PART * shown.max()))
    return (int(planes[0]), int(planes[-1])) if planes.size else (0, coarse.shape[axis] - 1)


def answers(network: ViewNet, coarse: Array) -> Mapping[str, float]:
    """Log odds of ``turned`` and of each of ``FAULTS``."""
    with torch.inference_mode():
        logits = network(torch.from_numpy(cube(coarse))[None, None])[0].double()
    poses = logits[: len(POSES)]
    turned = float(torch.logsumexp(poses[1:], 0) - poses[0])
    return {"turned": turned} | {
        fault: float(value) for fault, value in zip(FAULTS, logits[len(POSES) :], strict=True)
    }
