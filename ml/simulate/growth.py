"""Growth of a diffuse tumour by Fisher-KPP, with what treatment does to it.

The density ``c`` (share of what the tissue can carry, 0..1) follows

    dc/dt = div(D grad c) + rho c (1 - c) - k c

with D in grey matter a tenth of that in white matter and no flux into fluid or bone (Swanson et
al., J. Neurol. Sci. 216:1, 2003; Jbabdi et al., Magn. Reson. Med. 54:616, 2005). Finite volumes
with harmonic face values keep the mass exactly; reaction and kill are solved in closed form between
diffusion steps (Strang splitting). Everything is (batch, z, y, x), on the device of its input.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Spacing = tuple[float, float, float]

GREY_SHARE = 0.1
CORE_ABOVE = 0.6
OEDEMA_ABOVE = 0.16
# Shares of the largest stable explicit step (at one half a front is right to 0.3 %), and of the
# time in which the density grows e-fold.
_STEP_SHARE = 0.5
_REACTION_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRates:
    """Diffusion in white matter (mm²/day) and proliferation (1/day).

    Raises:
        ValueError: outside what has been published (0.003..0.27 mm²/day, 0.003..0.03 /day, with
            a factor of two to spare).
    """

    diffusion: float = 0.05
    proliferation: float = 0.015

    def __post_init__(self) -> None:
        if not 0.0015 <= self.diffusion <= 0.54:
            raise ValueError("diffusion must be within 0.0015..0.54 mm²/day")
        if not 0.0015 <= self.proliferation <= 0.06:
            raise ValueError("proliferation must be within 0.0015..0.06 /day")

    @property
    def front_speed(self) -> float:
        """Speed of a plane front in white matter, mm/day: 2 sqrt(D rho)."""
        return 2 * math.sqrt(self.diffusion * self.proliferation)


def diffusion_map(white: Tensor, grey: Tensor, diffusion: float) -> Tensor:
    """D in mm²/day from masks of white and grey matter (any shape); 0 elsewhere, where no cell
    goes."""
    return diffusion * (white.float() + GREY_SHARE * grey.float())


def face_rates(diffusion: Tensor, spacing_mm: Spacing) -> tuple[Tensor, Tensor, Tensor]:
    """Exchange (1/day) through the faces between neighbours along z, y and x: harmonic mean of D
    over the squared distance; 0 where either side lets nothing in. Each is one shorter than
    ``diffusion`` (B, z, y, x) along its axis."""
    rates = []
    for axis, step in zip((1, 2, 3), spacing_mm, strict=True):
        size = diffusion.shape[axis]
        before, after = diffusion.narrow(axis, 0, size - 1), diffusion.narrow(axis, 1, size - 1)
        total = before + after
        mean = torch.where(total > 0, 2 * before * after / total.clamp_min(1e-12), 0.0)
        rates.append(mean / step**2)
    return rates[0], rates[1], rates[2]


def grow(
    density: Tensor,
    diffusion: Tensor,
    spacing_mm: Spacing,
    *,
    days: float,
    proliferation: float | Tensor,
    kill_rate: float | Tensor = 0.0,
) -> Tensor:
    """The density ``days`` later.

    Args:
        density: (B, z, y, x), 0..1; zero where ``diffusion`` is.
        diffusion: mm²/day (B, z, y, x), see :func:`diffusion_map`.
        spacing_mm: voxel size (z, y, x).
        proliferation: 1/day, one number or (B,).
        kill_rate: of chemotherapy, 1/day, likewise.

    Returns:
        Float32 of the same shape.

    Raises:
        ValueError: the shapes differ or ``days`` is negative.
    """
    if density.shape != diffusion.shape or density.ndim != 4:
        raise ValueError("density and diffusion must both be (batch, z, y, x)")
    if days < 0:
        raise ValueError("time does not run backwards")
    rho, kill = (_per_item(rate, density) for rate in (proliferation, kill_rate))
    faces = face_rates(diffusion, spacing_mm)
    fastest = _outflow(faces).amax((1, 2, 3), keepdim=True)
    longest = torch.minimum(_STEP_SHARE / fastest, _REACTION_SHARE / rho)
    # Every item keeps its own step, and rests when it has arrived: a batch is its items.
    steps = torch.ceil(days / longest).clamp_min(1.0)
    for number in range(int(steps.max()) if days else 0):
        step = torch.where(number < steps, days / steps, 0.0)
        density = _react(density, rho, kill, step / 2)
        density = density + step * _gain(density, faces)
        density = _react(density, rho, kill, step / 2)
    return density


def linear_quadratic_survival(dose_gy: float, alpha: float, alpha_beta: float) -> float:
    """Share of cells that survive one fraction: exp(-(alpha d + beta d²)), d in Gy, alpha in 1/Gy,
    alpha/beta in Gy (Rockne et al., Phys. Med. Biol. 55:3271, 2010)."""
    return math.exp(-alpha * dose_gy * (1 + dose_gy / alpha_beta))


def within(mask: Tensor, distance_mm: float, spacing_mm: Spacing) -> Tensor:
    """Boolean (B, z, y, x): voxels up to ``distance_mm`` from ``mask``, in steps of a voxel's
    size (a ball as its structuring element)."""
    radii = [int(distance_mm / step) for step in spacing_mm]
    if max(radii) == 0:
        return mask.bool()
    axes = [
        torch.arange(-r, r + 1, device=mask.device) * step
        for r, step in zip(radii, spacing_mm, strict=True)
    ]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    ball = ((z * z + y * y + x * x) <= distance_mm**2).float()
    count = _correlate(mask.float(), ball, radii)
    return count > 0.5


def _correlate(field: Tensor, kernel: Tensor, radii: list[int]) -> Tensor:
    """Correlation with a symmetric kernel by the Fourier transform, zero outside."""
    size = [n + 2 * r for n, r in zip(field.shape[1:], radii, strict=True)]
    product = torch.fft.rfftn(field, s=size, dim=(1, 2, 3)) * torch.fft.rfftn(kernel, s=size)
    full: Tensor = torch.fft.irfftn(product, s=size, dim=(1, 2, 3))
    (z, y, x), (rz, ry, rx) = field.shape[1:], radii
    return full[:, rz : rz + z, ry : ry + y, rx : rx + x]


def _per_item(rate: float | Tensor, like: Tensor) -> Tensor:
    return torch.as_tensor(rate, dtype=like.dtype, device=like.device).reshape(-1, 1, 1, 1)


def _gain(density: Tensor, faces: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """What each voxel gains per day through its faces; it sums to nothing."""
    gain = torch.zeros_like(density)
    for axis, rate in zip((1, 2, 3), faces, strict=True):
        flux = rate * torch.diff(density, dim=axis)
        gain.narrow(axis, 0, rate.shape[axis]).add_(flux)
        gain.narrow(axis, 1, rate.shape[axis]).sub_(flux)
    return gain


def _outflow(faces: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Share of its density that a voxel gives away per day through all its faces."""
    shape = [max(sizes) for sizes in zip(*(rate.shape for rate in faces), strict=True)]
    loss = faces[0].new_zeros(shape)
    for axis, rate in zip((1, 2, 3), faces, strict=True):
        loss.narrow(axis, 0, rate.shape[axis]).add_(rate)
        loss.narrow(axis, 1, rate.shape[axis]).add_(rate)
    return loss


def _react(density: Tensor, rho: Tensor, kill: Tensor, days: Tensor) -> Tensor:
    """Closed form of dc/dt = (rho - k) c - rho c² over ``days``."""
    rate = rho - kill
    gain = torch.exp(rate * days)
    # (exp(r t) - 1) / r, which is t where r vanishes.
    span = torch.where(rate.abs() > 1e-9, torch.expm1(rate * days) / _nonzero(rate), days)
    return density * gain / (1 + rho * density * span)


def _nonzero(rate: Tensor) -> Tensor:
    return torch.where(rate.abs() > 1e-9, rate, torch.ones_like(rate))


def refined(
    density: Tensor, domain: Tensor, stride: tuple[int, int, int], shape: tuple[int, int, int]
) -> Tensor:
    """Every ``stride``-th voxel back to all of them: (B, z, y, x) to (B, *shape), linear. Near the
    border of ``domain`` (boolean, like ``density``) only the values inside it count."""
    if max(stride) == 1:
        return density
    size = [(n - 1) * s + 1 for n, s in zip(density.shape[1:], stride, strict=True)]
    inside = domain.float()[:, None]
    missing = [n - have for n, have in zip(shape, size, strict=True)]
    rest = [0, missing[2], 0, missing[1], 0, missing[0]]
    weighted, weight = (
        functional.pad(
            functional.interpolate(field, size=size, mode="trilinear", align_corners=True),
            rest,
            mode="replicate",
        )
        for field in (density[:, None] * inside, inside)
    )
    fine: Tensor = weighted / weight.clamp_min(1e-3)
    return fine[:, 0].clamp(0, 1)
