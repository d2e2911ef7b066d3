"""A residual 3D U-Net that is steered by numbers, and the encoder of the VAE.

It works on patches of 2 x 2 x 2 voxels: what befalls a brain in months is smooth, and an eighth of
the voxels takes an eighth of the time. The head starts at zero, so that an untrained network says
"as it was": carry-forward.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.models.followup.config import FollowNetConfig

Module = TypeVar("Module", bound=nn.Module)
PATCH = 2
_STEERING = 96


class SteeredBlock(nn.Module):
    """Two 3x3x3 convolutions with group normalisation, scaled and shifted by the steering numbers
    (FiLM: Perez et al., AAAI 2018), added to a (projected) identity."""

    def __init__(self, inputs: int, outputs: int, *, groups: int, steering: int) -> None:
        super().__init__()
        self.first = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.GroupNorm(groups, outputs)
        self.second = nn.Conv3d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.GroupNorm(groups, outputs)
        self.skip = nn.Conv3d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.steer = nn.Linear(steering, 2 * outputs) if steering else None

    def forward(self, x: Tensor, steering: Tensor | None) -> Tensor:
        h = self.first_norm(self.first(x))
        if self.steer is not None and steering is not None:
            scale, shift = self.steer(steering)[:, :, None, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        h = self.second_norm(self.second(functional.silu(h)))
        return functional.silu(h + self.skip(x))


class FollowNet(nn.Module):
    """See :class:`FollowNetConfig`. ``forward``: planes (B, inputs, z, y, x), sizes multiples of
    ``config.stride``, and scalars (B, scalars) or None -> (B, outputs, z, y, x)."""

    def __init__(self, config: FollowNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, groups = config.channels, config.groups
        steering = _STEERING if config.scalars else 0
        self.embed = (
            nn.Sequential(
                nn.Linear(config.scalars, _STEERING), nn.SiLU(), nn.Linear(_STEERING, _STEERING),
                nn.SiLU(),
            )
            if config.scalars
            else None
        )  # fmt: skip
        self.stem = nn.Conv3d(config.inputs, widths[0], PATCH, stride=PATCH)
        self.encoders = nn.ModuleList(
            SteeredBlock(w, w, groups=groups, steering=steering) for w in widths
        )
        pairs = list(pairwise(widths))
        self.downs = nn.ModuleList(nn.Conv3d(a, b, 2, stride=2) for a, b in pairs)
        self.ups = nn.ModuleList(nn.Conv3d(b, a, 1) for a, b in pairs)
        self.decoders = nn.ModuleList(
            SteeredBlock(2 * a, a, groups=groups, steering=steering) for a, _ in pairs
        )
        self.head = nn.Conv3d(widths[0], config.outputs * PATCH**3, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, planes: Tensor, scalars: Tensor | None = None) -> Tensor:
        steering = self.embed(scalars) if self.embed is not None else None
        x = self.stem(planes)
        skips = []
        for level, encoder in enumerate(self.encoders):
            x = encoder(x, steering)
            if level < len(self.downs):
                skips.append(x)
                x = self.downs[level](x)
        for level in reversed(range(len(self.downs))):
            x = functional.interpolate(
                self.ups[level](x), scale_factor=2.0, mode="trilinear", align_corners=False
            )
            x = self.decoders[level](torch.cat([x, skips[level]], dim=1), steering)
        return unpatched(self.head(x))


def laid_out(model: Module) -> Module:
    """The model with kernels in the layout in which bfloat16 convolutions are fastest."""
    for parameter in model.parameters():
        if parameter.ndim == 5:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    return model


def unpatched(x: Tensor) -> Tensor:
    """(B, C * 8, z, y, x) -> (B, C, 2z, 2y, 2x)."""
    b, c, z, y, w = x.shape
    out = x.reshape(b, c // PATCH**3, PATCH, PATCH, PATCH, z, y, w)
    out = out.permute(0, 1, 5, 2, 6, 3, 7, 4)
    return out.reshape(b, c // PATCH**3, PATCH * z, PATCH * y, PATCH * w)


class Encoder(nn.Module):
    """What a VAE learns of a course from its end: condition planes and true residual
    (B, C, z, y, x) with scalars -> mean and log variance, (B, latent) each. Only for training."""

    def __init__(self, planes: int, scalars: int, latent: int) -> None:
        super().__init__()
        widths = (24, 48, 64, 64)
        layers: list[nn.Module] = [nn.Conv3d(planes, widths[0], PATCH, stride=PATCH), nn.SiLU()]
        for a, b in pairwise(widths):
            layers += [nn.Conv3d(a, b, 3, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Linear(2 * widths[-1] + scalars, 64), nn.SiLU(), nn.Linear(64, 2 * latent)
        )

    def forward(self, planes: Tensor, scalars: Tensor) -> tuple[Tensor, Tensor]:
        x = self.body(planes)
        pooled = torch.cat([x.mean((2, 3, 4)), x.amax((2, 3, 4)), scalars.to(x.dtype)], dim=1)
        mean, log_variance = self.head(pooled).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)
