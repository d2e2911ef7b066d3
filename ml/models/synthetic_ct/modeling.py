"""A residual U-Net over planes: a slice and its neighbours in, one slice out.

Two and a half dimensions: slices of a planning MR are several times thicker than its pixels, so
what lies above and below comes as channels (regression U-Nets of this kind win MR to CT: Huijben
et al., SynthRAD2023, Med. Image Anal. 2024).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.models.synthetic_ct.config import PlaneUNetConfig


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with group normalisation, added to a (projected) identity."""

    def __init__(self, inputs: int, outputs: int, *, groups: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.GroupNorm(groups, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.GroupNorm(groups, outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = functional.silu(self.first_norm(self.first(x)))
        h = self.second_norm(self.second(h))
        return functional.silu(h + self.skip(x))


class PlaneUNet(nn.Module):
    """See :class:`PlaneUNetConfig`. ``forward``: (B, inputs, y, x) -> (B, outputs, y, x), sizes
    multiples of ``config.stride``."""

    def __init__(self, config: PlaneUNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, groups = config.channels, config.groups
        self.stem = nn.Conv2d(config.inputs, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(ResidualBlock(w, w, groups=groups) for w in widths)
        pairs = list(pairwise(widths))
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairs)
        self.ups = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.decoders = nn.ModuleList(ResidualBlock(2 * a, a, groups=groups) for a, _ in pairs)
        self.head = nn.Conv2d(widths[0], config.outputs, 1)

    def forward(self, planes: Tensor) -> Tensor:
        x = self.stem(planes)
        skips = []
        for level, encoder in enumerate(self.encoders):
            x = encoder(x)
            if level < len(self.downs):
                skips.append(x)
                x = self.downs[level](x)
        for level in reversed(range(len(self.downs))):
            x = functional.interpolate(
                self.ups[level](x), scale_factor=2.0, mode="bilinear", align_corners=False
            )
            x = self.decoders[level](torch.cat([x, skips[level]], dim=1))
        out: Tensor = self.head(x)
        return out


def quantiles(raw: Tensor) -> Tensor:
    """Raw network output (B, 3, y, x) -> 5 %, 50 %, 95 % in thousands of HU, in this order and
    never crossing: the outer two are distances from the middle."""
    middle = raw[:, :1]
    below = functional.softplus(raw[:, 1:2] - 3.0)
    above = functional.softplus(raw[:, 2:3] - 3.0)
    return torch.cat([middle - below, middle, middle + above], dim=1)
