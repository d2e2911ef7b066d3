"""Lesions like those of multiple sclerosis: ellipsoids in white matter, clustered around the
ventricles and pointing away from them (Dawson's fingers), that come one after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate.growth import Spacing
from ml.simulate.tumour import brain_masks

_VENTRICLES = (4, 43, 5, 44, 136, 163, 137, 164)
_REACH_MM = 7.0  # how fast lesions thin out away from the ventricles
_GROWING_DAYS = 30.0
_SHRINKING_DAYS = 180.0
_LASTING_SHARE = 0.8  # of the largest radius, once the inflammation has gone
_MAX_LESIONS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class MsDisease:
    """How many lesions there are on day 0 and how many more come a year; mean radius in mm.

    Raises:
        ValueError: a number is negative or implausibly large.
    """

    lesions: int = 14
    new_per_year: float = 4.0
    radius_mm: float = 4.0
    cluster_share: float = 0.45

    def __post_init__(self) -> None:
        if not 0 <= self.lesions <= _MAX_LESIONS or not 0 <= self.new_per_year <= 100:
            raise ValueError("the number of lesions is not plausible")
        if not 0.5 <= self.radius_mm <= 15:
            raise ValueError("the radius of a lesion must be within 0.5..15 mm")


@dataclass(frozen=True, slots=True)
class Plaque:
    """One ellipsoid: centre in voxels (z, y, x), half axes in mm along the rows of ``axes``."""

    number: int
    centre: tuple[float, float, float]
    radii_mm: tuple[float, float, float]
    axes: NDArray[np.float64]
    onset_day: float

    def growth(self, day: float) -> float:
        """Share of its largest radius on ``day``: grows for a month, then shrinks a little."""
        age = day - self.onset_day
        if age < 0:
            return 0.0
        rising = min(1.0, 0.4 + 0.6 * age / _GROWING_DAYS)
        fading = (1 - _LASTING_SHARE) * np.clip((age - _GROWING_DAYS) / _SHRINKING_DAYS, 0, 1)
        return float(rising - fading)


def plaques(
    disease: MsDisease, label_ids: NDArray[np.integer], spacing_mm: Spacing, seed: int, day: float
) -> list[Plaque]:
    """All plaques that have begun by ``day``; a later day adds to the same ones.

    Raises:
        ValueError: there is no white matter.
    """
    white, _ = brain_masks(label_ids)
    if not white.any():
        raise ValueError("MS lesions lie in white matter, and there is none")
    fluid = np.isin(label_ids, _VENTRICLES)
    if fluid.any():
        distance = ndimage.distance_transform_edt(~fluid, sampling=spacing_mm)
    else:
        distance = np.full(label_ids.shape, 2 * _REACH_MM)
    places = np.argwhere(white)
    weight = np.exp(-distance[white] / _REACH_MM) + 0.01
    found: list[Plaque] = []
    onset = 0.0
    arrivals = np.random.default_rng([seed, 0])
    for number in range(1, _MAX_LESIONS + 1):
        rng = np.random.default_rng([seed, number])
        if number <= disease.lesions:
            begun = -float(arrivals.uniform(60, 3000))
        elif disease.new_per_year > 0:
            onset += float(arrivals.exponential(365.25 / disease.new_per_year))
            begun = onset
        else:
            break
        if begun > day and number > disease.lesions:
            break
        chances = weight
        if found and rng.random() < disease.cluster_share:
            near = np.asarray(found[rng.integers(len(found))].centre)
            away = ((places - near) * spacing_mm) ** 2
            chances = weight * np.exp(-0.5 * away.sum(axis=1) / (3 * disease.radius_mm) ** 2)
        at = places[rng.choice(len(places), p=chances / chances.sum())]
        found.append(_plaque(number, at, _slope(distance, at, spacing_mm), disease, begun))
    return found


def plaque_share(
    plaque: Plaque, shape: tuple[int, int, int], spacing_mm: Spacing, day: float
) -> NDArray[np.float32]:
    """Share 0..1 of each voxel (z, y, x) that the plaque takes on ``day``, with a soft edge."""
    grown = plaque.growth(day)
    share = np.zeros(shape, dtype=np.float32)
    if grown == 0.0:
        return share
    reach = grown * max(plaque.radii_mm) + 2 * max(spacing_mm)
    box = tuple(
        slice(max(0, int(c - reach / s)), min(n, int(c + reach / s) + 2))
        for c, s, n in zip(plaque.centre, spacing_mm, shape, strict=True)
    )
    at = np.stack(
        np.meshgrid(
            *(
                (np.arange(b.start, b.stop) - c) * s
                for b, c, s in zip(box, plaque.centre, spacing_mm, strict=True)
            ),
            indexing="ij",
        ),
        axis=-1,
    )
    along = at @ plaque.axes.T / (grown * np.asarray(plaque.radii_mm))
    radius = np.linalg.norm(along, axis=-1)
    mean_mm = grown * float(np.prod(plaque.radii_mm)) ** (1 / 3)
    edge_mm = (1 - radius) * mean_mm
    share[box] = np.clip(0.5 + edge_mm / max(1.0, float(np.mean(spacing_mm))), 0, 1)
    return share


def _plaque(
    number: int,
    at: NDArray[np.integer],
    outward: NDArray[np.float64],
    disease: MsDisease,
    onset_day: float,
) -> Plaque:
    """A plaque at a voxel, long along ``outward`` (z, y, x); ``number`` seeds its shape."""
    rng = np.random.default_rng([*at.tolist(), number])
    radius = disease.radius_mm * float(np.exp(0.35 * rng.standard_normal()))
    elongation = rng.uniform(1.3, 2.2)
    flat = rng.uniform(0.8, 1.1)
    leaning = outward + 0.15 * rng.standard_normal(3)
    # The rows of Q in a QR of (outward, random, random) start along the way out.
    basis, _ = np.linalg.qr(np.column_stack([leaning, rng.standard_normal((3, 2))]))
    radii = (radius * elongation, radius * flat, radius / flat)
    z, y, x = (float(value) for value in at)
    return Plaque(number, (z, y, x), radii, basis.T, onset_day)


def _slope(
    distance: NDArray[np.float64], at: NDArray[np.integer], spacing_mm: Spacing
) -> NDArray[np.float64]:
    slope = np.zeros(3)
    for axis in range(3):
        low, high = at.copy(), at.copy()
        low[axis] = max(0, at[axis] - 2)
        high[axis] = min(distance.shape[axis] - 1, at[axis] + 2)
        span = (high[axis] - low[axis]) * spacing_mm[axis]
        slope[axis] = (distance[tuple(high)] - distance[tuple(low)]) / max(span, 1e-6)
    return slope
