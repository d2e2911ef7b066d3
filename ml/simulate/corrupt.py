"""What a scanner does to an ideal image: point spread, thick slices, bias field, noise.

All functions take and return float32 volumes (z, y, x); intensities are relative to a bright
tissue at about 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from ml.simulate.deform import smooth_field
from ml.simulate.draw import Draw


def gaussian_blur(volume: Tensor, sd: tuple[float, float, float]) -> Tensor:
    """Separable Gaussian blur of (z, y, x) or (B, z, y, x), ``sd`` in voxels along (z, y, x);
    edges are repeated."""
    result = volume[None, None] if volume.ndim == 3 else volume[:, None]
    for axis, width in enumerate(sd):
        if width < 0.2:
            continue
        radius = math.ceil(2.5 * width)
        offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (offsets / width) ** 2)
        kernel = (kernel / kernel.sum()).to(volume.device)
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = kernel.numel()
        padding = [0] * 6
        padding[2 * (2 - axis)] = padding[2 * (2 - axis) + 1] = radius
        padded = functional.pad(result, padding, mode="replicate")
        result = functional.conv3d(padded, kernel.reshape(shape))
    return result[0, 0] if volume.ndim == 3 else result[:, 0]


def thick_slices(volume: Tensor, *, axis: int, thickness: float) -> Tensor:
    """Average into slices ``thickness`` voxels thick along ``axis`` and interpolate back."""
    size = volume.shape[axis]
    coarse = list(volume.shape)
    coarse[axis] = max(2, round(size / thickness))
    sliced = functional.interpolate(volume[None, None], size=coarse, mode="area")
    return functional.interpolate(sliced, size=list(volume.shape), mode="trilinear")[0, 0]


def bias_field(draw: Draw, shape: tuple[int, int, int], *, strength: float) -> Tensor:
    """Smooth positive multiplicative field whose logarithm has the sd ``strength``."""
    return torch.exp(strength * smooth_field(draw, shape, channels=1, node_spacing=60.0)[0])


def rician(draw: Draw, volume: Tensor, *, sd: float) -> Tensor:
    """Magnitude of the signal with complex Gaussian noise (Gudbjartsson and Patz 1995)."""
    real = volume + sd * draw.normals(*volume.shape)
    imaginary = sd * draw.normals(*volume.shape)
    return torch.sqrt(real * real + imaginary * imaginary)


def scan(draw: Draw, ideal: Tensor, *, foreground: Tensor) -> Tensor:
    """A random scanner: blur, sometimes thick slices, bias field, noise, gamma.

    ``foreground`` is a boolean volume: the head, on whose brightness noise is scaled.
    """
    shape = (ideal.shape[0], ideal.shape[1], ideal.shape[2])
    width = draw.uniform(0.25, 0.9)
    image = gaussian_blur(ideal, (width, width, width))
    if draw.chance(0.25):
        image = thick_slices(image, axis=draw.integer(0, 3), thickness=draw.uniform(1.5, 6.0))
    if draw.chance(0.9):
        image = image * bias_field(draw, shape, strength=draw.uniform(0.0, 0.3))
    sample = image[foreground][::97]
    bright = float(torch.quantile(sample, 0.95)) if sample.numel() > 10 else 1.0
    image = image / max(bright, 1e-6)
    image = rician(draw, image, sd=draw.uniform(0.0, 0.05) if draw.chance(0.9) else 0.0)
    if draw.chance(0.5):
        image = image.clamp_min(0) ** draw.log_normal(0.25)
    return image
