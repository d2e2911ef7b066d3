"""Intervals of volumes: the spread of the samples, widened until they held what they should.

Split-conformal over patients (Romano, Patterson, Candès, NeurIPS 2019, with the normalised score of
Lei et al., JASA 2018): of patients whom the network had not seen, the score says how many spreads
the truth lay from the median; its quantile is the factor. A patient counts once, by the mean rank
of all that was predicted for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ml.models.followup.config import DAYS

# What a volume errs at least by: reading the base is not exact, and what grows is the less certain
# the later it is, whatever the samples agree on. The share of half a year was chosen on the
# held-out patients: with it the interval of all families got narrower at the same coverage.
FLOOR_ML, FLOOR_SHARE, HALF_YEAR_SHARE = 0.3, 0.04, 0.1
_HALF_YEAR = 180.0
# Each year beyond the training range widens the interval by as much again.
_WIDENING_A_YEAR = 1.0
NOMINAL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Volumes in ml."""

    median: float
    lower: float
    upper: float

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """``lesion`` and ``ventricle``: spreads on either side of the median that hold ``nominal`` of
    the truth. ``patients``: how many it was found on."""

    lesion: float
    ventricle: float
    patients: int
    nominal: float = NOMINAL

    def interval(
        self, samples_ml: Sequence[float], base_ml: float, days: float, *, of: str = "lesion"
    ) -> Interval:
        """Interval of a volume after ``days`` from its samples, wider beyond the training range."""
        factor = (self.lesion if of == "lesion" else self.ventricle) * widening(days)
        middle, spread = middle_and_spread(samples_ml, base_ml, days, of=of)
        return Interval(
            median=middle,
            lower=max(0.0, middle - factor * spread),
            upper=middle + factor * spread,
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Calibration:
        return cls(**stored)


def widening(days: float) -> float:
    """By how much an interval is widened beyond the days of the training data."""
    return 1 + _WIDENING_A_YEAR * max(0.0, days - DAYS[1]) / 365


def middle_and_spread(
    samples_ml: Sequence[float], base_ml: float, days: float, *, of: str = "lesion"
) -> tuple[float, float]:
    """Median of the samples, and their standard deviation with its floor, both in ml."""
    values = np.asarray(samples_ml, dtype=np.float64)
    share = FLOOR_SHARE + HALF_YEAR_SHARE * days / _HALF_YEAR
    floor = FLOOR_ML + share * base_ml if of == "lesion" else 0.002 * base_ml + 0.01
    return float(np.median(values)), math.hypot(float(values.std()), floor)


def factor_of(scores: Sequence[Sequence[float]], nominal: float = NOMINAL) -> float:
    """The factor from the scores |truth - median| / spread of each patient's predictions.

    All predictions of a patient share one weight, and one more patient, infinitely far off, stands
    for the next one (the finite-sample correction).
    """
    rows = [(score, 1.0 / len(patient)) for patient in scores for score in patient]
    rows.sort()
    needed, total = nominal * (len(scores) + 1), 0.0
    for score, weight in rows:
        total += weight
        if total >= needed - 1e-9:
            return score
    return rows[-1][0] if rows else math.inf
