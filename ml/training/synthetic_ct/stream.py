"""Training views: random slices of random patients, moved and rescanned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.models.synthetic_ct.intensity import CLIP, HU_UNIT, normalise
from ml.training.synthetic_ct.pairs import AIR_HU, Pair

MAX_ROTATION_DEGREES = 20.0
SCALE_SPREAD = 0.15


@dataclass(frozen=True, slots=True)
class Views:
    """``planes`` (B, offsets, y, x) normalised MR; ``ct`` (B, 1, y, x) in thousands of HU;
    ``weight`` (B, 1, y, x) 1 where the CT is known, else 0."""

    planes: Tensor
    ct: Tensor
    weight: Tensor


class PairStream:
    """Draws views; each step from the seed and its own number, so that a resumed run goes on with
    the views the stopped one would have seen."""

    def __init__(self, pairs: list[Pair], offsets: tuple[int, ...], *, crop: int, seed: int):
        self.offsets, self.crop, self.seed = offsets, crop, seed
        # Half precision: two dozen whole heads are a gigabyte so.
        self.mr = [_half(normalise(pair.mr.array, pair.mr_body)) for pair in pairs]
        self.ct = [_half(pair.ct / np.float32(HU_UNIT)) for pair in pairs]
        self.weight = [_half(pair.valid) for pair in pairs]
        self.slices = [(p, z) for p, pair in enumerate(pairs) for z in range(pair.ct.shape[0])]

    def draw(self, step: int, batch: int) -> Views:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        chosen = torch.randint(len(self.slices), (batch,), generator=generator).tolist()
        views = [self._view(self.slices[index], generator) for index in chosen]
        planes = torch.stack([view[: len(self.offsets)] for view in views])
        return Views(
            planes=rescanned(planes, generator),
            ct=torch.stack([view[-2:-1] for view in views]),
            weight=(torch.stack([view[-1:] for view in views]) > 0.99).float(),
        )

    def _view(self, place: tuple[int, int], generator: torch.Generator) -> Tensor:
        patient, z = place
        depth = self.ct[patient].shape[0]
        rows = [min(max(z + offset, 0), depth - 1) for offset in self.offsets]
        stack = torch.cat(
            [self.mr[patient][rows], self.ct[patient][z : z + 1], self.weight[patient][z : z + 1]]
        ).float()
        stack[-2] -= AIR_HU / HU_UNIT  # beyond the image lies air
        moved = _moved(stack, self.crop, generator)
        moved[-2] += AIR_HU / HU_UNIT
        return moved


def _half(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(array.astype(np.float16))


def _moved(stack: Tensor, crop: int, generator: torch.Generator) -> Tensor:
    """A random view of (C, y, x): turned, scaled, mirrored; zero beyond the edge."""
    angle, size, flip_x, flip_y, up, across = torch.rand(6, generator=generator).tolist()
    turn = math.radians(MAX_ROTATION_DEGREES) * (2 * angle - 1)
    scale = 1 + SCALE_SPREAD * (2 * size - 1)
    height, width = stack.shape[-2:]
    mirror_x = -1.0 if flip_x < 0.5 else 1.0
    mirror_y = -1.0 if flip_y < 0.5 else 1.0
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    # In pixels of the slice, then in the -1..1 of grid_sample.
    free_x, free_y = max(0.0, width - crop * 0.8) / 2, max(0.0, height - crop * 0.8) / 2
    centre_x, centre_y = (2 * across - 1) * free_x, (2 * up - 1) * free_y
    theta = torch.tensor(
        [
            [cos * mirror_x * crop / width, -sin * crop / width, 2 * centre_x / width],
            [sin * crop / height, cos * mirror_y * crop / height, 2 * centre_y / height],
        ]
    )
    grid = functional.affine_grid(theta[None], [1, len(stack), crop, crop], align_corners=False)
    return functional.grid_sample(
        stack[None], grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )[0]


def rescanned(planes: Tensor, generator: torch.Generator) -> Tensor:
    """Another scan of the same slices (B, C, y, x): brightness, contrast, shading, sharpness and
    noise of other scanners and protocols."""
    batch, _, height, width = planes.shape
    draw = torch.rand(batch, 5, generator=generator)[:, :, None, None, None]
    gain, gamma = 0.88 + 0.24 * draw[:, 0], torch.exp(0.3 * (draw[:, 1] - 0.5))
    nodes = torch.rand(batch, 1, 4, 4, generator=generator) - 0.5
    shading = functional.interpolate(
        nodes, size=(height, width), mode="bicubic", align_corners=False
    )
    out = planes.clamp_min(0).pow(gamma) * gain * torch.exp(0.3 * shading)
    blurred = functional.avg_pool2d(functional.pad(out, (1, 1, 1, 1), mode="replicate"), 3, 1)
    out = torch.where(draw[:, 2] < 0.25, blurred, out)
    noise = torch.randn(out.shape, generator=generator)
    return (out + 0.03 * draw[:, 3] * noise).abs().clamp_max(CLIP)
