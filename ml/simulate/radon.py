"""Parallel-beam projection and filtered back-projection of slices, batched in torch.

Slices (B, y, x) have square pixels; line integrals are in units of the slice times mm. Angles go
over half a turn; the detector has one channel per pixel of the padded slice. Kak and Slaney,
*Principles of Computerized Tomographic Imaging* (1988), ch. 3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def angles_of(count: int, device: str | torch.device = "cpu") -> Tensor:
    """``count`` angles in radians over [0, pi)."""
    return torch.arange(count, device=device, dtype=torch.float32) * (math.pi / count)


def detector_channels(rows: int, columns: int) -> int:
    """Channels that see the whole of a slice from every side."""
    return 2 * math.ceil(math.hypot(rows, columns) / 2) + 1


def radon(slices: Tensor, angles: Tensor, pixel_mm: float) -> Tensor:
    """Line integrals (B, angles, channels) of (B, y, x); channel and ray step are one pixel.

    At angle 0 rays run along y and channels along x.
    """
    batch, rows, columns = slices.shape
    channels = detector_channels(rows, columns)
    offset = torch.arange(channels, device=slices.device, dtype=slices.dtype) - (channels - 1) / 2
    along, across = torch.meshgrid(offset, offset, indexing="ij")
    projections = []
    for angle in angles.tolist():
        x = across * math.cos(angle) - along * math.sin(angle)
        y = across * math.sin(angle) + along * math.cos(angle)
        # Pixel centres and not faces are at -1 and 1.
        grid = torch.stack([2 * x / (columns - 1), 2 * y / (rows - 1)], dim=-1)
        sampled = functional.grid_sample(
            slices[:, None],
            grid.expand(batch, -1, -1, -1),
            mode="bilinear",
            padding_mode="zeros",
            align_corners=True,
        )
        projections.append(sampled[:, 0].sum(1))
    return torch.stack(projections, dim=1) * pixel_mm


def filtered_back_projection(
    sinogram: Tensor, angles: Tensor, shape: tuple[int, int], pixel_mm: float, *, soft: bool = False
) -> Tensor:
    """Slices (B, y, x) from line integrals (B, angles, channels) over half a turn.

    Args:
        shape: rows and columns of the slices.
        soft: a Hann window on the ramp, as soft kernels have; else the plain ramp.
    """
    filtered = _ramp_filtered(sinogram, pixel_mm, soft=soft)
    batch, _, channels = sinogram.shape
    rows, columns = shape
    y = torch.arange(rows, device=sinogram.device, dtype=sinogram.dtype) - (rows - 1) / 2
    x = torch.arange(columns, device=sinogram.device, dtype=sinogram.dtype) - (columns - 1) / 2
    result = sinogram.new_zeros(batch, rows * columns)
    for index, angle in enumerate(angles.tolist()):
        place = (x[None] * math.cos(angle) + y[:, None] * math.sin(angle)).reshape(-1)
        place = place + (channels - 1) / 2
        low = place.floor().clamp(0, channels - 2)
        share = (place - low).to(sinogram.dtype)
        row, low = filtered[:, index], low.long()
        result += row[:, low] * (1 - share) + row[:, low + 1] * share
    return (result * (math.pi / len(angles))).reshape(batch, rows, columns)


def _ramp_filtered(sinogram: Tensor, pixel_mm: float, *, soft: bool) -> Tensor:
    """Ramp filter made in space (so that it keeps the mean), applied with zero padding."""
    channels = sinogram.shape[-1]
    size = 2 ** math.ceil(math.log2(2 * channels))
    kernel = torch.zeros(size, dtype=torch.float64)
    odd = torch.arange(1, size // 2, 2, dtype=torch.float64)
    kernel[0] = 0.25
    kernel[1 : size // 2 : 2] = -1 / (math.pi * odd) ** 2
    kernel[size - odd.long()] = -1 / (math.pi * odd) ** 2
    response = torch.fft.rfft(kernel).real / pixel_mm
    if soft:
        response = response * 0.5 * (1 + torch.cos(math.pi * torch.linspace(0, 1, len(response))))
    response = response.to(sinogram.device, sinogram.dtype)
    spectrum = torch.fft.rfft(sinogram, n=size) * response
    filtered: Tensor = torch.fft.irfft(spectrum, n=size)
    return filtered[..., :channels]
