"""A bleeding into the brain: an irregular haematoma of a given volume, its oedema, its ageing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate import labels
from ml.simulate.growth import Spacing
from ml.simulate.tumour import brain_masks

# The clot is carried off from the first week on; oedema grows for ten days and fades after.
_RESORPTION_FROM, _RESORPTION_DAYS = 7.0, 35.0
_OEDEMA_PEAK = 10.0
_OEDEMA_SHARE = 1.3  # of the clot's first volume, at the peak
# Deep grey matter and thalamus: where hypertensive bleedings are.
_DEEP = (10, 49, 11, 50, 12, 51, 13, 52)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haemorrhage:
    """A bleeding of ``volume_ml`` on ``day``; ``centre`` in voxels (z, y, x), else drawn in the
    deep grey matter.

    Raises:
        ValueError: the volume is not within 0.05..150 ml.
    """

    day: float = 0.0
    volume_ml: float = 15.0
    centre: tuple[int, int, int] | None = None
    mass_effect: float = 0.4

    def __post_init__(self) -> None:
        if not 0.05 <= self.volume_ml <= 150:
            raise ValueError("the volume of a haematoma must be within 0.05..150 ml")

    def clot_ml(self, day: float) -> float:
        """Volume of the clot on ``day``."""
        age = day - self.day
        if age < 0:
            return 0.0
        return self.volume_ml * float(np.exp(-max(0.0, age - _RESORPTION_FROM) / _RESORPTION_DAYS))

    def oedema_ml(self, day: float) -> float:
        """Volume of the oedema around the clot on ``day``."""
        age = day - self.day
        if age < 0:
            return 0.0
        part = age / _OEDEMA_PEAK
        return _OEDEMA_SHARE * self.volume_ml * float(part * np.exp(1 - part))


def haematoma(
    bleeding: Haemorrhage,
    label_ids: NDArray[np.integer],
    spacing_mm: Spacing,
    seed: int,
    day: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shares 0..1 of clot and oedema, each (z, y, x) and zero outside the brain; their sums are
    ``clot_ml`` and ``oedema_ml`` as long as the brain has that much room.

    Raises:
        ValueError: no brain, or a centre outside it.
    """
    white, grey = brain_masks(label_ids)
    brain = white | grey
    if not brain.any():
        raise ValueError("the volume holds no brain")
    rng = np.random.default_rng([seed, 7])
    centre = bleeding.centre or _draw_centre(label_ids, brain, rng)
    if not brain[centre]:
        raise ValueError("the haematoma's centre lies outside the brain")
    away = np.zeros(brain.shape)
    for axis, (place, step) in enumerate(zip(centre, spacing_mm, strict=True)):
        view = [1, 1, 1]
        view[axis] = -1
        away = away + ((np.arange(brain.shape[axis]) - place) * step).reshape(view) ** 2
    noise = ndimage.gaussian_filter(
        rng.standard_normal(brain.shape), [6.0 / step for step in spacing_mm]
    )
    level = np.sqrt(away) * np.exp(0.25 * noise / max(float(noise.std()), 1e-9))
    # Blood splits white matter more easily than it breaks through deep grey matter, and reaches the
    # other hemisphere last.
    side = labels.code_to_side()[labels.encode(label_ids)]
    far = (side != side[centre]) & (side != labels.Side.MIDLINE)
    level = np.where(brain, level * np.where(grey, 1.15, 1.0) * np.where(far, 4.0, 1.0), np.inf)
    voxel_ml = float(np.prod(spacing_mm)) / 1000
    clot = _filled(level, bleeding.clot_ml(day) / voxel_ml)
    both = _filled(level, (bleeding.clot_ml(day) + bleeding.oedema_ml(day)) / voxel_ml)
    return clot, both - clot


def _draw_centre(
    label_ids: NDArray[np.integer], brain: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[int, int, int]:
    deep = np.isin(label_ids, _DEEP)
    places = np.argwhere(deep if deep.any() else brain)
    z, y, x = places[rng.integers(len(places))]
    return int(z), int(y), int(x)


def _filled(level: NDArray[np.float64], voxels: float) -> NDArray[np.float32]:
    """Fill the lowest ``voxels`` (a fraction of the last one counts) of ``level``."""
    flat = level.ravel()
    room = int(np.isfinite(flat).sum())
    share = np.zeros(flat.shape, dtype=np.float32)
    whole = min(int(voxels), room)
    if voxels <= 0:
        return share.reshape(level.shape)
    lowest = np.argpartition(flat, min(whole, flat.size - 1))[: whole + 1]
    lowest = lowest[np.argsort(flat[lowest], kind="stable")]
    share[lowest[:whole]] = 1.0
    if whole < room:
        share[lowest[whole]] = voxels - whole
    return share.reshape(level.shape)
