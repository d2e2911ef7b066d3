"""Grey values of two visits on one scale, and how much they may differ by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

WHITE_MATTER: Final = (2, 41)
CORTEX: Final = (3, 42)
VENTRICLES: Final = (4, 43, 5, 44, 14, 15)
CEREBROSPINAL: Final = (24,)
DEEP: Final = (10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58, 28, 60)
CEREBELLUM: Final = (7, 46, 8, 47, 16)
BRAIN: Final = WHITE_MATTER + CORTEX + VENTRICLES + DEEP + CEREBELLUM
# How the bias field of one scan against another may vary.
FIELD_MM: Final = 20.0
# Smallest number of voxels from which a level and its spread are told.
LEAST_VOXELS: Final = 300

Kind = Literal["FLAIR-like", "T1-like", "T2-like"]
Labels = NDArray[np.integer[Any]]


class BrainNotFound(ValueError):
    """Too little white matter to measure brightness by."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """Grey values float32 (z, y, x) in units of the white matter's spread, its middle at 0.
    ``cortex``: the cortex's middle on that scale, ``spread`` its spread; ``level``: the white
    matter's own grey value in these units, the larger the less noise."""

    array: NDArray[np.float32]
    cortex: float
    spread: float
    level: float


def contrast_of(image: NDArray[Any], labels: Labels) -> Kind | None:
    """The kind of contrast by what is bright: fluid, grey or white matter. None where the brain
    is not found."""
    levels = []
    for group in (WHITE_MATTER, CORTEX, VENTRICLES + CEREBROSPINAL):
        where = np.isin(labels, group)
        if where.sum() < LEAST_VOXELS:
            return None
        levels.append(float(np.median(image[where])))
    white, grey, fluid = levels
    if fluid > max(white, grey):
        return "T2-like"
    return "T1-like" if white > grey else "FLAIR-like"


def scaled(image: NDArray[Any], labels: Labels, spacing: tuple[float, float, float]) -> Scaled:
    """``image`` (z, y, x) on the scale of its white matter, its slow brightness removed.

    Raises:
        BrainNotFound: ``labels`` (FreeSurfer ids on the same grid) hold too little white matter.
    """
    white = _core(np.isin(labels, WHITE_MATTER))
    if white.sum() < LEAST_VOXELS:
        raise BrainNotFound("too little white matter is found")
    flat = image.astype(np.float32)
    field = _field(flat, white, spacing)
    flat = flat / field
    middle, spread = _robust(flat[white])
    array = ((flat - middle) / spread).astype(np.float32)
    cortex = array[np.isin(labels, CORTEX)]
    level = _robust(cortex) if cortex.size > LEAST_VOXELS else (0.0, 1.0)
    return Scaled(array=array, cortex=level[0], spread=level[1], level=abs(middle) / spread)


def difference(
    base: Scaled, follow: Scaled, brain: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Follow-up minus base (z, y, x) within ``brain``, in the base's white-matter spreads; what
    differs slowly over centimetres, as bias fields do, is removed."""
    slope, offset = _line(base.array[brain], follow.array[brain])
    raw = (follow.array - offset) / slope - base.array
    kept = brain & (np.abs(raw) < 3 * float(np.std(raw[brain])))
    slow = _smoothed(np.where(kept, raw, 0), spacing) / np.maximum(
        _smoothed(kept.astype(np.float32), spacing), 0.05
    )
    result: NDArray[np.float32] = np.where(brain, raw - slow, 0).astype(np.float32)
    return result


def noise_of(
    change: NDArray[np.float32],
    base: Scaled,
    brain: NDArray[np.bool_],
    white: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> NDArray[np.float32]:
    """Spread of ``change`` that chance explains at each voxel: that of normal white matter, and at
    edges what a shift of part of a voxel makes of their steepness, as measured in this pair."""
    _, flat = _robust(change[white])
    steep = _steepness(base.array, spacing)
    levels = np.quantile(steep[brain], np.linspace(0, 1, 21))
    bins = np.clip(np.digitize(steep, levels[1:-1]), 0, 19)
    table = [_robust(change[brain & (bins == one)])[1] for one in range(20)]
    spread = np.maximum.accumulate(np.maximum(table, flat))
    result: NDArray[np.float32] = spread[bins].astype(np.float32)
    return result


def _steepness(array: NDArray[np.float32], spacing: tuple[float, float, float]) -> NDArray[Any]:
    smooth = ndimage.gaussian_filter(array, [0.7 / s for s in spacing])
    steps = np.gradient(smooth)
    steep: NDArray[Any] = np.sqrt(sum(step**2 for step in steps))
    return steep


def _core(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    core: NDArray[np.bool_] = ndimage.binary_erosion(mask)
    return core if core.sum() > LEAST_VOXELS else mask


def _robust(values: NDArray[Any]) -> tuple[float, float]:
    """Median, and the standard deviation that the middle half tells of."""
    if values.size == 0:
        return 0.0, 1e-6
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), max(float(high - low) / 1.349, 1e-6)


def _field(
    image: NDArray[np.float32], white: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Slow brightness of the white matter, 1 on average; far from it, its mean."""
    middle, spread = _robust(image[white])
    kept = white & (np.abs(image - middle) < 3 * spread)
    weight = _smoothed(kept.astype(np.float32), spacing)
    field = _smoothed(np.where(kept, image, 0), spacing) + 0.05 * middle
    field = field / (weight + 0.05) / middle
    result: NDArray[np.float32] = np.clip(field, 0.5, 2.0).astype(np.float32)
    return result


def _smoothed(array: NDArray[Any], spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    """Gaussian of ``FIELD_MM``, on a coarser grid: it is slow by its nature."""
    steps = [max(1, round(4.0 / s)) for s in spacing]
    pad = [(0, -n % step) for n, step in zip(array.shape, steps, strict=True)]
    wide = np.pad(array.astype(np.float32), pad)
    z, y, x = (n // step for n, step in zip(wide.shape, steps, strict=True))
    small = wide.reshape(z, steps[0], y, steps[1], x, steps[2]).mean(axis=(1, 3, 5))
    sigma = [FIELD_MM / (s * step) for s, step in zip(spacing, steps, strict=True)]
    smooth = ndimage.gaussian_filter(small, sigma)
    zooms = [n / m for n, m in zip(wide.shape, smooth.shape, strict=True)]
    large = ndimage.zoom(smooth, zooms, order=1, grid_mode=True, mode="nearest")
    kept: NDArray[np.float32] = large[: array.shape[0], : array.shape[1], : array.shape[2]]
    return kept


def _line(base: NDArray[np.float32], follow: NDArray[np.float32]) -> tuple[float, float]:
    """Slope and offset that take the base's grey values to the follow-up's: their quantiles, so
    that what lies a little off does not flatten the slope."""
    shares = np.linspace(5, 95, 19)
    slope, offset = np.polyfit(np.percentile(base, shares), np.percentile(follow, shares), 1)
    return max(float(slope), 0.2), float(offset)
