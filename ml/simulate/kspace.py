"""k-space of MR slices: coil sensitivities, undersampling, noise, and the operators between.

Images are complex64 (B, z, y, x); k-space is (B, C, z, y, x), centred, of each slice by itself (2D
Cartesian acquisition, y phase-encoded and x read out). With orthonormal transforms, complex noise
has the same standard deviation in both. Pruessmann et al., Magn. Reson. Med. 42:952 (1999) and
46:638 (2001) for sensitivity encoding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ml.simulate.draw import Draw

_IN_PLANE = (-2, -1)
_RING_RADIUS = 1.35  # of the coils' centres, in half widths of the field of view
_COIL_REACH = 1.0


def to_kspace(image: Tensor) -> Tensor:
    """Centred orthonormal Fourier transform of (..., y, x)."""
    shifted = torch.fft.ifftshift(image, dim=_IN_PLANE)
    spectrum: Tensor = torch.fft.fftshift(torch.fft.fft2(shifted, norm="ortho"), dim=_IN_PLANE)
    return spectrum


def to_image(kspace: Tensor) -> Tensor:
    """Inverse (and adjoint) of :func:`to_kspace`."""
    shifted = torch.fft.ifftshift(kspace, dim=_IN_PLANE)
    image: Tensor = torch.fft.fftshift(torch.fft.ifft2(shifted, norm="ortho"), dim=_IN_PLANE)
    return image


def coil_maps(
    coils: int, shape: tuple[int, int, int], seed: int, device: str | torch.device = "cpu"
) -> Tensor:
    """Smooth complex sensitivities of coils in two rings around the head.

    Returns:
        complex64 (C, z, y, x); at every voxel the squared magnitudes sum to 1.

    Raises:
        ValueError: no coil.
    """
    if coils < 1:
        raise ValueError("there must be at least one coil")
    draw = Draw(seed)
    axes = [torch.linspace(-1, 1, size) if size > 1 else torch.zeros(1) for size in shape]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    rings = 2 if coils >= 8 and shape[0] > 1 else 1
    maps = []
    for coil in range(coils):
        angle = 2 * math.pi * (coil // rings + 0.15 * draw.uniform(-1, 1)) / (coils / rings)
        height = (coil % rings - (rings - 1) / 2) * 0.9
        dy, dx = y - _RING_RADIUS * math.sin(angle), x - _RING_RADIUS * math.cos(angle)
        squared = dy**2 + dx**2 + (z - height) ** 2
        # The field of a loop falls as that of a dipole beyond its own size, and turns in phase.
        magnitude = (squared + _COIL_REACH**2) ** -1.5
        along = dy * math.sin(angle) + dx * math.cos(angle)
        across = dx * math.sin(angle) - dy * math.cos(angle)
        phase = draw.uniform(-math.pi, math.pi) + 0.6 * along + 0.8 * across
        maps.append(torch.polar(magnitude, phase))
    stacked = torch.stack(maps)
    total = stacked.abs().square().sum(0, keepdim=True).sqrt()
    return (stacked / total).to(device)


def uniform_mask(lines: int, *, acceleration: int, acs: int) -> Tensor:
    """Boolean (lines,): every ``acceleration``-th line and ``acs`` ones in the middle.

    Raises:
        ValueError: the acceleration is below 1, or more calibration lines than there are.
    """
    _check(lines, acceleration, acs)
    mask = torch.zeros(lines, dtype=torch.bool)
    mask[(lines // 2) % acceleration :: acceleration] = True
    return _with_acs(mask, acs)


def variable_density_mask(
    lines: int, *, acceleration: float, acs: int, seed: int, power: float = 2.0
) -> Tensor:
    """Boolean (lines,): ``acs`` in the middle, the rest at random and denser towards it (density
    (1 - |k|)^power; Lustig et al., Magn. Reson. Med. 58:1182, 2007); ``lines / acceleration`` in
    all.

    Raises:
        ValueError: as :func:`uniform_mask`.
    """
    _check(lines, acceleration, acs)
    mask = _with_acs(torch.zeros(lines, dtype=torch.bool), acs)
    wanted = max(acs, round(lines / acceleration))
    away = (torch.arange(lines) - lines // 2).abs() / (lines / 2)
    density = (1 - away).clamp_min(0.0) ** power + 0.02
    density[mask] = 0
    if wanted > acs:
        picked = torch.multinomial(density, wanted - acs, generator=Draw(seed).generator)
        mask[picked] = True
    return mask


def forward(image: Tensor, maps: Tensor, mask: Tensor) -> Tensor:
    """What the coils measure: (B, z, y, x) to (B, C, z, y, x), zero on lines not taken.

    ``maps`` (C, z, y, x); ``mask`` boolean over phase-encoding lines (y,), or one per item (B, y).
    """
    return to_kspace(image[:, None] * maps) * _lines(mask)


def adjoint(kspace: Tensor, maps: Tensor, mask: Tensor) -> Tensor:
    """Adjoint of :func:`forward`: the zero-filled image, coils combined."""
    combined: Tensor = (to_image(kspace * _lines(mask)) * maps.conj()).sum(1)
    return combined


def noisy(kspace: Tensor, mask: Tensor, seeds: Sequence[int], *, sd: float) -> Tensor:
    """Complex Gaussian noise on the lines taken; ``sd`` of real and of imaginary part.

    Raises:
        ValueError: not one seed per item.
    """
    if len(seeds) != kspace.shape[0]:
        raise ValueError(f"{len(seeds)} seeds for {kspace.shape[0]} items")
    shape = kspace.shape[1:]
    noise = torch.stack(
        [torch.complex(*(d.normals(*shape) for _ in "ri")) for d in map(Draw, seeds)]
    )
    return kspace + sd * noise.to(kspace.device) * _lines(mask)


def sense(
    kspace: Tensor, maps: Tensor, mask: Tensor, *, iterations: int = 30, damping: float = 1e-3
) -> Tensor:
    """Least-squares image by conjugate gradients, (B, z, y, x); items do not touch each other.

    Solves (A*A + damping) x = A*k.
    """

    def normal(x: Tensor) -> Tensor:
        return adjoint(forward(x, maps, mask), maps, mask) + damping * x

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a.conj() * b).real.sum((1, 2, 3), keepdim=True)

    residual = adjoint(kspace, maps, mask)
    image = torch.zeros_like(residual)
    direction, error = residual, dot(residual, residual)
    for _ in range(iterations):
        turned = normal(direction)
        step = error / dot(direction, turned).clamp_min(1e-20)
        image = image + step * direction
        residual = residual - step * turned
        last, error = error, dot(residual, residual)
        direction = residual + error / last.clamp_min(1e-20) * direction
    return image


def _lines(mask: Tensor) -> Tensor:
    """(y,) or (B, y) for (B, C, z, y, x)."""
    return mask[:, None] if mask.ndim == 1 else mask[:, None, None, :, None]


def _with_acs(mask: Tensor, acs: int) -> Tensor:
    start = mask.numel() // 2 - acs // 2
    mask[start : start + acs] = True
    return mask


def _check(lines: int, acceleration: float, acs: int) -> None:
    if acceleration < 1:
        raise ValueError("the acceleration must be at least 1")
    if not 0 <= acs <= lines:
        raise ValueError("there cannot be more calibration lines than lines")
