"""What an image looks like from afar: some sixty numbers that say whether it is of the usual kind.

They are taken on a coarse grid in patient axes, so they cost a fraction of a second, need no
network, and see a wrong header, a turned patient or another body part as readily as a wrong
modality. Intensities count only relative to each other: MR has no unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

VOXEL_MM = 3.0
_PROFILE_BINS = 6
_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_AXES = ("foot-head", "front-back", "right-left")

# What a person is told when features of a group are far from the usual.
GROUPS = {
    "size": "the size or proportions of what is shown",
    "shape": "its shape or the way it lies",
    "border": "how it is cut off by the edge of the image",
    "brightness": "the distribution of brightness",
    "texture": "edges, noise or blur",
    "background": "signal outside the head",
}


def measure(volume: Volume) -> dict[str, float]:
    """Features by name ``group/what``, in a fixed order, always finite.

    Args:
        volume: an image on any grid, (z, y, x), any unit.

    Raises:
        ValueError: the image holds no signal at all, or values that are not finite.
    """
    if volume.array.ndim != 3 or not np.isfinite(volume.array).all():
        raise ValueError("the image must be a finite volume (z, y, x)")
    image = np.asarray(canonical(volume, (VOXEL_MM,) * 3).array, dtype=np.float32)
    scaled, offset = _scaled(image)
    body = body_of(scaled)
    found = {"brightness/offset": offset}
    found |= _size_and_shape(body)
    found |= _border(body)
    found |= _brightness(scaled, body)
    found |= _texture(scaled, body)
    found |= _background(scaled, body)
    return {name: float(np.nan_to_num(value)) for name, value in found.items()}


def _scaled(image: Array) -> tuple[Array, float]:
    """Darkest value at 0, bright tissue at 1; and how far below the usual the darkest value is,
    as a share of the range: 0 for MR, about a half for a CT with its air at -1000."""
    low = float(image.min())
    bright = float(np.quantile(image, 0.98))
    reach = bright - low
    if reach <= 0:
        raise ValueError("the image holds no signal")
    offset = max(0.0, -low) / reach
    return np.clip((image - low) / reach, 0.0, 2.0), offset


def body_of(scaled: Array) -> Mask:
    """The largest bright thing where bright tissue is 1, its holes filled slice by slice."""
    bright = ndimage.gaussian_filter(scaled, 1.0) > 0.15
    named, count = ndimage.label(bright)
    if count == 0:
        return np.ones_like(bright)
    sizes = np.bincount(named.ravel())
    sizes[0] = 0
    body: Mask = named == sizes.argmax()
    return np.stack([ndimage.binary_fill_holes(plane) for plane in body])


def _size_and_shape(body: Mask) -> dict[str, float]:
    places = np.argwhere(body)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    extent = (high - low) * VOXEL_MM
    found = {"size/volume": float(np.log(body.sum() * VOXEL_MM**3 / 1000.0))}
    found |= {
        f"size/extent {axis}": float(np.log(mm)) for axis, mm in zip(_AXES, extent, strict=True)
    }
    box = body[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    found["shape/filling"] = float(box.mean())
    for number, axis in enumerate(_AXES):
        others = tuple(a for a in range(3) if a != number)
        area = box.mean(axis=others)
        for part, piece in enumerate(np.array_split(area, _PROFILE_BINS)):
            found[f"shape/profile {axis} {part}"] = float(piece.mean()) if piece.size else 0.0
        flipped = np.flip(box, axis=number)
        found[f"shape/symmetry {axis}"] = float((box & flipped).sum() / max(1, box.sum()))
    return found


def _border(body: Mask) -> dict[str, float]:
    """Share of each face of the image that the body touches."""
    found = {}
    for number, axis in enumerate(_AXES):
        for side, index in (("start", 0), ("end", -1)):
            face = body.take(index, axis=number)
            found[f"border/{axis} {side}"] = float(face.mean())
    return found


def _brightness(scaled: Array, body: Mask) -> dict[str, float]:
    inside = scaled[body]
    found = {
        f"brightness/quantile {q:g}": float(value)
        for q, value in zip(_QUANTILES, np.quantile(inside, _QUANTILES), strict=True)
    }
    shares, _ = np.histogram(inside, bins=24, range=(0.0, 1.6))
    share = shares / max(1, shares.sum())
    found["brightness/entropy"] = float(-(share[share > 0] * np.log(share[share > 0])).sum())
    found["brightness/dark share"] = float((inside < 0.06).mean())
    found["brightness/very bright share"] = float(np.log10((inside > 1.3).mean() + 1e-4))
    core = ndimage.binary_erosion(body, iterations=5)
    rim = body & ~ndimage.binary_erosion(body, iterations=2)
    if core.any() and rim.any():
        found["brightness/core against rim"] = float(
            np.log((scaled[core].mean() + 0.02) / (scaled[rim].mean() + 0.02))
        )
    else:
        found["brightness/core against rim"] = 0.0
    smooth = ndimage.gaussian_filter(scaled, 8.0)
    found["brightness/unevenness"] = float(smooth[body].std() / (smooth[body].mean() + 1e-3))
    mirrored = np.flip(scaled, axis=2)
    both = body & np.flip(body, axis=2)
    found["brightness/mirror likeness"] = _correlation(scaled[both], mirrored[both])
    void = ndimage.binary_erosion((scaled < 0.06) & core)
    named, count = ndimage.label(void)
    largest = int(np.bincount(named.ravel())[1:].max()) if count else 0
    found["brightness/largest void"] = float(np.log1p(largest * VOXEL_MM**3 / 1000.0))
    return found


def _correlation(first: Array, second: Array) -> float:
    if first.size < 10 or first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _texture(scaled: Array, body: Mask) -> dict[str, float]:
    """Steps between neighbours (edges) and second differences (noise) along each axis."""
    found = {}
    inner = ndimage.binary_erosion(body, iterations=2)
    if not inner.any():
        inner = body
    for number, axis in enumerate(_AXES):
        first = np.abs(np.gradient(scaled, axis=number))[inner]
        second = np.abs(np.diff(scaled, n=2, axis=number, prepend=0.0, append=0.0))[inner]
        found[f"texture/edges {axis}"] = float(np.log(first.mean() + 1e-3))
        found[f"texture/noise {axis}"] = float(np.log(np.median(second) + 1e-3))
    return found


def _background(scaled: Array, body: Mask) -> dict[str, float]:
    outside = ~ndimage.binary_dilation(body, iterations=3)
    if outside.sum() < 200:
        return {"background/level": 0.0, "background/spread": 0.0, "background/streaks": 0.0}
    values = scaled[outside]
    # Ghosts of a moving head and streaks of metal are smooth along one axis at least.
    smooth = ndimage.gaussian_filter(scaled, 2.0)[outside]
    return {
        "background/level": float(np.log(np.median(values) + 1e-3)),
        "background/spread": float(np.log(values.std() + 1e-3)),
        "background/streaks": float(np.log(np.quantile(smooth, 0.99) + 1e-3)),
    }
