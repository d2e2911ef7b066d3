"""How far an image is from those that a network was trained on: what its body looks like on the
network's scale, and how sure the network is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEVELS = (2, 5, 10, 25, 50, 75, 90)
NAMES = (
    *(f"brightness at {level} %" for level in _LEVELS),
    "grain",
    "width of the interval",
    "share of bone",
)
# Few patients: their largest distance, when each is left out, with room above it.
ROOM = 1.25


def features(
    normalised: NDArray[np.float32],
    body: NDArray[np.bool_],
    middle: NDArray[np.float32],
    width: NDArray[np.float32],
) -> NDArray[np.float64]:
    """(features,) of one image: percentiles of the normalised MR inside the body, its grain
    (median difference of neighbours), median width of the predicted interval in thousands of HU,
    and logarithm of the share of predicted bone. All arrays (z, y, x).

    Raises:
        ValueError: no body.
    """
    inside = normalised[body]
    if not inside.size:
        raise ValueError("no body is found in the image")
    both = body[:, :, 1:] & body[:, :, :-1]
    steps = np.abs(np.diff(normalised, axis=2))[both]
    bone = float((middle[body] > 250).mean())
    return np.array(
        [
            *np.percentile(inside, _LEVELS),
            float(np.median(steps)) if steps.size else 0.0,
            float(np.median(width[body])) / 1000.0,
            np.log10(bone + 1e-3),
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``score``: 1 is the limit. ``reasons``: what differs most."""

    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Mean and spread of the features over training patients, and the largest distance that is
    still usual: root mean square of the three largest deviations."""

    centre: tuple[float, ...]
    spread: tuple[float, ...]
    limit: float

    def check(self, values: NDArray[np.float64]) -> Verdict:
        deviations = np.abs(values - self.centre) / self.spread
        order = np.argsort(deviations)[::-1]
        return Verdict(
            score=float(_distance(deviations) / self.limit),
            reasons=tuple(NAMES[index] for index in order[:2]),
        )

    def as_dict(self) -> dict[str, Any]:
        return {"centre": self.centre, "spread": self.spread, "limit": self.limit}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Usual:
        return cls(
            centre=tuple(stored["centre"]), spread=tuple(stored["spread"]), limit=stored["limit"]
        )


def _distance(deviations: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.sort(deviations)[-3:] ** 2)))


def learn(rows: Sequence[NDArray[np.float64]]) -> Usual:
    """From the features of at least four patients, each judged by the others.

    Raises:
        ValueError: fewer than four.
    """
    if len(rows) < 4:
        raise ValueError("what is usual cannot be learnt from fewer than four patients")
    table = np.stack(rows)
    distances = []
    for index in range(len(table)):
        centre, spread = _fitted(np.delete(table, index, axis=0))
        distances.append(_distance(np.abs(table[index] - centre) / spread))
    centre, spread = _fitted(table)
    return Usual(
        centre=tuple(centre.tolist()),
        spread=tuple(spread.tolist()),
        limit=ROOM * max(distances),
    )


def _fitted(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre and spread; a feature that hardly varies in a few patients may vary a little more."""
    floor = 0.1 * np.abs(table.mean(axis=0)).clip(0.05)
    return table.mean(axis=0), np.maximum(table.std(axis=0, ddof=1), floor)
