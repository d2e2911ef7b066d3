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


def moved_head(
    draw: Draw,
    volume: Tensor,
    spacing_mm: tuple[float, float, float],
    *,
    axis: int,
    amount_mm: float,
    interleaved: bool = False,
    groups: tuple[int, int] = (3, 13),
) -> Tensor:
    """A head that jumped between groups of phase-encoding steps: ghosts and doubled edges.

    The lines of k-space along ``axis`` are measured in groups, before each of which the head takes
    another place; turns are left out. In order of frequency, or ``interleaved`` as turbo spin echo
    measures, which ghosts most. The middle of k-space is measured at rest.

    Args:
        volume: (z, y, x), any unit.
        amount_mm: greatest shift in each direction.
        groups: fewest, and one more than the most; many make a restless head.
    """
    count = draw.integer(*groups)
    size = volume.shape[axis]
    lines = torch.arange(size)
    frequencies = [torch.fft.fftfreq(length) for length in volume.shape]
    # fftfreq counts from the middle up and then from the far end: this is the place in time.
    time = (lines + size // 2) % size
    group = time % count if interleaved else time * count // size
    places = draw.uniforms(-amount_mm, amount_mm, 3, count)
    places = (places - places[:, group[0], None])[:, group].clamp(-amount_mm, amount_mm)
    turns = torch.zeros(volume.shape)
    for across in range(3):
        moved = _along(places[across] / spacing_mm[across], axis)
        turns = turns + moved * _along(frequencies[across], across)
    spectrum = torch.fft.fftn(volume) * torch.polar(torch.ones_like(turns), -2 * math.pi * turns)
    result: Tensor = torch.fft.ifftn(spectrum).abs().float()
    return result


def metal(
    volume: Tensor,
    spacing_mm: tuple[float, float, float],
    *,
    centre: tuple[int, int, int],
    radius_mm: float,
    shift_mm: float,
    readout: int,
) -> Tensor:
    """A metal ball in the field along z: no signal in it, and around it signal that is displaced
    along ``readout`` (piled up here, missing there) and dephased.

    Outside a ball the field is a dipole's, ``(radius / r)^3 (3 cos^2 - 1)`` (Schenck, Med. Phys.
    23:815, 1996), which moves signal along the readout in proportion.

    Args:
        volume: (z, y, x), any unit.
        centre: voxel of the ball's middle.
        shift_mm: displacement at its surface in the plane across the field.
    """
    offsets = [
        _along((torch.arange(n) - c) * step, number)
        for number, (n, c, step) in enumerate(zip(volume.shape, centre, spacing_mm, strict=True))
    ]
    square = sum((offset * offset for offset in offsets), torch.zeros(volume.shape))
    square = square.clamp_min(radius_mm**2)
    field = (radius_mm**2 / square) ** 1.5 * (3 * offsets[0] ** 2 / square - 1)
    outside = square > radius_mm**2
    steepness = torch.stack(torch.gradient(field, spacing=list(spacing_mm))).norm(dim=0)
    left = volume * outside * torch.exp(-((0.3 * shift_mm * steepness) ** 2))
    return _displaced(left, field * shift_mm / spacing_mm[readout], readout)


def _displaced(volume: Tensor, voxels: Tensor, axis: int) -> Tensor:
    """Signal carried along ``axis`` by ``voxels``, shared between the two nearest; none is lost
    but what leaves the image."""
    size = volume.shape[axis]
    target = voxels + _along(torch.arange(size, dtype=torch.float32), axis)
    low = target.floor()
    result = torch.zeros_like(volume)
    for index, weight in ((low, 1 - (target - low)), (low + 1, target - low)):
        inside = (index >= 0) & (index < size)
        result.scatter_add_(axis, index.clamp(0, size - 1).long(), volume * weight * inside)
    return result


def _along(values: Tensor, axis: int) -> Tensor:
    """A row of values as (z, y, x), lying along ``axis``."""
    shape = [1, 1, 1]
    shape[axis] = values.numel()
    return values.reshape(shape)
