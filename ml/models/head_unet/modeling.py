"""Head segmenter: a residual 3D U-Net that works on cells of 2x2x2 voxels and reads and writes
single ones.

Space is folded into channels (2x2x2 voxels -> 8 channels) before the first convolution and
unfolded after the last one, so full-resolution tensors exist only at the ends (Shi et al., ESPCN,
CVPR 2016, in three dimensions). Fully convolutional: a whole head goes through in one pass.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.models.head_unet.config import HeadUNetConfig


def fold(volume: Tensor) -> Tensor:
    """(B, C, 2z, 2y, 2x) -> (B, 8C, z, y, x); channel = c * 8 + 4 * dz + 2 * dy + dx."""
    b, c, z, y, x = volume.shape
    blocks = volume.reshape(b, c, z // 2, 2, y // 2, 2, x // 2, 2)
    return blocks.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(b, 8 * c, z // 2, y // 2, x // 2)


def unfold(folded: Tensor) -> Tensor:
    """(B, 8C, z, y, x) -> (B, C, 2z, 2y, 2x): the inverse of :func:`fold`."""
    b, c8, z, y, x = folded.shape
    blocks = folded.reshape(b, c8 // 8, 2, 2, 2, z, y, x)
    return blocks.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(b, c8 // 8, 2 * z, 2 * y, 2 * x)


class ResidualBlock(nn.Module):
    """``depth`` 3x3x3 convolutions with group normalisation, added to a (projected) identity."""

    def __init__(self, inputs: int, outputs: int, *, groups: int, depth: int = 2) -> None:
        super().__init__()
        widths = [inputs, *[outputs] * depth]
        self.convolutions = nn.ModuleList(
            nn.Conv3d(a, b, 3, padding=1, bias=False) for a, b in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(groups, outputs) for _ in range(depth))
        self.skip = nn.Conv3d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for index, (convolution, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            h = norm(convolution(functional.relu(h) if index else h))
        return functional.relu(h + self.skip(x))


class HeadUNet(nn.Module):
    """Trunk (features per cell) and sub-voxel head. See :class:`HeadUNetConfig`."""

    def __init__(self, config: HeadUNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, groups = config.channels, config.groups
        self.stem = nn.Conv3d(8, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(
            ResidualBlock(width, width, groups=groups, depth=2 if level else 1)
            for level, width in enumerate(widths)
        )
        pairs = list(pairwise(widths))
        self.downs = nn.ModuleList(nn.Conv3d(a, b, 2, stride=2) for a, b in pairs)
        self.ups = nn.ModuleList(nn.Conv3d(b, a, 1) for a, b in pairs)
        self.decoders = nn.ModuleList(
            ResidualBlock(2 * width, width, groups=groups) for width in widths[:-1]
        )
        plain = widths[0] + 8
        if config.detail:
            self.detail = nn.Sequential(
                nn.Conv3d(plain, config.detail, 3, padding=1, bias=False),
                nn.GroupNorm(groups, config.detail),
                nn.ReLU(),
            )
        self.embed = nn.Conv3d(plain + config.detail, 8 * config.embedding, 1)
        self.classify = nn.Conv3d(config.embedding, config.outputs, 1)
        self._start_alike()

    def _start_alike(self) -> None:
        """Give all sub-voxels one initial embedding, so that the classifier they share learns
        from all of them at once and borders start without a checkerboard (ICNR, Aitken 2017)."""
        with torch.no_grad():
            for parameter in self.embed.parameters():
                parameter.copy_(parameter[::8].repeat_interleave(8, dim=0))

    def trunk(self, folded: Tensor) -> Tensor:
        """Features (B, channels[0] + 8 + detail, z, y, x) from a folded image (B, 8, z, y, x):
        learned ones, the image itself, and what both say together, for detail below a cell."""
        x = self.stem(folded)
        skips = []
        for level, encoder in enumerate(self.encoders):
            x = encoder(x)
            if level < len(self.downs):
                skips.append(x)
                x = self.downs[level](x)
        for level in reversed(range(len(self.downs))):
            x = functional.interpolate(self.ups[level](x), scale_factor=2.0, mode="nearest")
            x = self.decoders[level](torch.cat([x, skips[level]], dim=1))
        plain = torch.cat([x, folded.to(x.dtype)], dim=1)
        return torch.cat([plain, self.detail(plain)], dim=1) if self.config.detail else plain

    def logits_at(self, features: Tensor, offset: int) -> Tensor:
        """Logits (B, tissues + 1, z, y, x) of one of the eight sub-voxels, ``offset`` 0..7 as in
        :func:`fold`; the whole output need never exist at once."""
        bias = self.embed.bias
        chosen = None if bias is None else bias[offset::8]
        embedded = functional.conv3d(features, self.embed.weight[offset::8], chosen)
        logits: Tensor = self.classify(functional.relu(embedded))
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, tissues + 1, z, y, x) of an image (B, 1, z, y, x) whose sizes are multiples
        of ``config.stride``; the last channel is the side, positive for left."""
        features = self.trunk(fold(image))
        logits = torch.stack([self.logits_at(features, offset) for offset in range(8)], dim=2)
        return unfold(logits.flatten(1, 2))
