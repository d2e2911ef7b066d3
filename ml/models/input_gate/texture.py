"""What noise, movement and metal leave in an image: some ninety numbers at 2 mm.

Noise is what is left when everything smooth is taken away. Movement doubles edges along one axis
and carries signal into the air beside the head. Metal is a void with a rim brighter than any
tissue. All of it is relative to bright tissue, and each number has its counterpart along the other
axes, so that a fault along one axis stands out.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.volume import Volume

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

VOXEL_MM = 2.0
_AXES = ("foot-head", "front-back", "right-left")
_LAGS = (1, 2, 3, 4, 6, 8)
# Limits of the bands of spatial frequency, in cycles per voxel.
_BANDS = (0.03, 0.08, 0.15, 0.25, 0.35, 0.5)
_FLOOR = 1e-4
_SLICES, _FEWEST = 12, 16
_GRAIN_QUANTILES = (0.15, 0.4, 0.7)
_GRAIN = (*(f"noise/own voxels {q:g}" for q in _GRAIN_QUANTILES), "noise/own voxels, air")


def texture(scaled: Array, body: Mask) -> dict[str, float]:
    """Features by name ``group/what``, in a fixed order.

    Args:
        scaled: image (z, y, x) at 2 mm in LPS axes, darkest value 0, bright tissue 1.
        body: where the head is, same shape.
    """
    inner = _shrunk(body, 3)
    inner = inner if inner.sum() > 500 else body
    air = ~_grown(body, 3)
    found = _noise(scaled, inner, air)
    for number, axis in enumerate(_AXES):
        found |= _edges(scaled, body, number, axis)
        found |= _spectrum(scaled, body, number, axis)
    found |= _ghosts(scaled, body, air)
    found |= _metal(scaled, body, inner)
    return found


def _grown(mask: Mask, voxels: int) -> Mask:
    # Boxes, not balls: separable, and ten times as quick.
    grown: Mask = ndimage.maximum_filter(mask.view(np.uint8), 2 * voxels + 1).view(np.bool_)
    return grown


def _shrunk(mask: Mask, voxels: int) -> Mask:
    return ~_grown(~mask, voxels)


def _noise(scaled: Array, inner: Mask, outside: Mask) -> dict[str, float]:
    """Response of each plane to the difference of two Laplacians, which no slope and no bend
    passes (Immerkaer, Comput. Vis. Image Underst. 64:300, 1996): low quantiles see flat tissue."""
    found = {}
    second = [_second_difference(scaled, axis) for axis in range(3)]
    for number, axis in enumerate(_AXES):
        across = (number + 1) % 3
        rough = np.abs(_second_difference(second[number], across)) / 6.0
        quantiles = (0.15, 0.4, 0.8)
        for quantile, value in zip(
            quantiles, np.quantile(rough[inner][::3], quantiles), strict=True
        ):
            found[f"noise/rough {axis} {quantile:g}"] = float(np.log(value + _FLOOR))
        air = rough[outside]
        air = air[air > 0][::3]
        level = float(np.median(air)) if air.size > 300 else 0.0
        found[f"noise/air {axis}"] = float(np.log(level + 10 * _FLOOR))
    return found


def grain(volume: Volume) -> dict[str, float]:
    """Noise at the scan's own voxels, in its slices, before any resampling smooths it."""
    across = int(np.argmax(volume.spacing))
    count = volume.shape[across]
    chosen = np.unique(
        np.linspace(0.2 * count, 0.8 * count, _SLICES).astype(int).clip(0, count - 1)
    )
    slices = np.moveaxis(volume.array.take(chosen, axis=across), across, 0).astype(np.float32)
    if min(slices.shape[1:]) < _FEWEST:
        return dict.fromkeys(_GRAIN, 0.0)
    low, bright = float(slices.min()), float(np.quantile(slices[:, ::2, ::2], 0.98))
    slices = (slices - low) / max(bright - low, 1e-9)
    rough = np.abs(_second_difference(_second_difference(slices, 1), 2)) / 6.0
    tissue = ndimage.uniform_filter(slices, (0, 5, 5)) > 0.25
    inside = rough[tissue] if tissue.sum() > 500 else rough.ravel()
    air = rough[~tissue]
    air = air[air > 0] if (air > 0).sum() > 500 else np.zeros(1, np.float32)
    levels = (*np.quantile(inside[::2], _GRAIN_QUANTILES), np.median(air))
    return {name: float(np.log(level + _FLOOR)) for name, level in zip(_GRAIN, levels, strict=True)}


def _second_difference(image: Array, axis: int) -> Array:
    result = np.zeros_like(image)
    middle, before, after = (_cut(axis, start, stop) for start, stop in ((1, -1), (0, -2), (2, 0)))
    result[middle] = image[before] - 2 * image[middle] + image[after]
    return result


def _cut(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return tuple(slice(start, stop or None) if a == axis else slice(None) for a in range(3))


def _edges(scaled: Array, body: Mask, number: int, axis: str) -> dict[str, float]:
    """Steps along an axis: how rare and large they are, and how they repeat at a distance."""
    steps = np.diff(scaled, axis=number)
    inside = body[_cut(number, 1, 0)]
    values = steps[inside]
    square = values * values
    spread = float(np.sqrt(square.mean())) + _FLOOR
    found = {
        f"movement/step {axis}": float(np.log(spread)),
        f"movement/peakedness {axis}": float(np.log((square * square).mean() / spread**4 + 1e-2)),
        f"movement/small steps {axis}": float(np.log(np.abs(values).mean() / spread + 1e-2)),
    }
    # Everything outside the head is 0 in the sums.
    lines = np.moveaxis(np.where(inside, steps, 0.0), number, 0).reshape(steps.shape[number], -1)
    for lag in _LAGS:
        product = float(np.einsum("ij,ij->", lines[lag:], lines[:-lag]))
        found[f"movement/repeat {axis} {lag}"] = product / (spread**2 * values.size)
    return found


def _spectrum(scaled: Array, body: Mask, number: int, axis: str) -> dict[str, float]:
    """Power of the lines through the head in bands of frequency, relative to the lowest band."""
    lines = np.moveaxis(scaled, number, -1)[np.moveaxis(body, number, -1).mean(axis=-1) > 0.3]
    if lines.shape[0] < 50:
        lines = np.moveaxis(scaled, number, -1).reshape(-1, scaled.shape[number])
    size = lines.shape[1]
    power = (np.abs(np.fft.rfft(lines * np.hanning(size).astype(np.float32), axis=1)) ** 2).mean(0)
    frequency = np.fft.rfftfreq(size)
    levels = [
        float(power[(frequency >= low) & (frequency < high)].mean() + 1e-9)
        if ((frequency >= low) & (frequency < high)).any()
        else 1e-9
        for low, high in itertools.pairwise(_BANDS)
    ]
    return {
        f"movement/band {axis} {band}": float(np.log(level / levels[0]))
        for band, level in enumerate(levels[1:], start=1)
    }


def _ghosts(scaled: Array, body: Mask, air: Mask) -> dict[str, float]:
    """Air in the head's shadow along each axis: ghosts lie along the axis of phase encoding."""
    smooth = ndimage.uniform_filter(scaled, 3)
    shadows = [np.broadcast_to(body.any(axis=axis, keepdims=True), body.shape) for axis in range(3)]
    found = {}
    for number, axis in enumerate(_AXES):
        # Beside the head along this axis and along no other, as far as there is such air.
        others = [shadows[a] for a in range(3) if a != number]
        beside = air & shadows[number]
        alone = beside & ~(others[0] & others[1])
        values = smooth[alone if alone.sum() > 300 else beside]
        enough = values.size > 100
        mean, high = (
            (float(values.mean()), float(np.quantile(values, 0.98))) if enough else (0.0, 0.0)
        )
        found[f"movement/ghost {axis}"] = float(np.log(mean + 1e-3))
        found[f"movement/ghost peak {axis}"] = float(np.log(high + 1e-3))
    blank = scaled[air] <= 1e-3
    found["movement/blank air"] = float(blank.mean()) if blank.size > 100 else 1.0
    return found


def _metal(scaled: Array, body: Mask, inner: Mask) -> dict[str, float]:
    """Voids, what is far brighter than tissue, and both side by side."""
    hot = scaled > 1.6
    dark = _grown(_shrunk(body & (scaled < 0.12), 1), 1)
    steps = [np.abs(np.diff(scaled, axis=axis)).ravel() for axis in range(3)]
    # The steepest one in ten thousand, and steps of ordinary edges.
    steep = max(
        float(np.partition(step, -len(step) // 10_000)[-len(step) // 10_000]) for step in steps
    )
    usual = max(float(step[step > 0.05].mean()) if (step > 0.05).any() else 0.05 for step in steps)
    named, count = ndimage.label(dark & inner)
    largest = int(np.bincount(named.ravel())[1:].max()) if count else 0
    ml = VOXEL_MM**3 / 1000.0
    volumes = {
        "hot": hot.sum(),
        "very hot": (scaled > 2.4).sum(),
        "hot by void": (dark & _grown(hot, 3)).sum(),
        "void by hot": (hot & _grown(dark, 3)).sum(),
        "largest void": largest,
        "voids": dark.sum(),
    }
    found = {f"metal/{what}": float(np.log(n * ml + 0.02)) for what, n in volumes.items()}
    found["metal/hottest"] = float(np.log(scaled.max()))
    found["metal/steepest"] = float(np.log(steep + 1e-3))
    found["metal/steep to usual"] = float(np.log((steep + 1e-3) / usual))
    return found
