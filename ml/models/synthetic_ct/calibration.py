"""Intervals that hold: quantiles widened by what patients the network never saw required.

Split-conformal prediction over patients, not voxels (voxels of one patient err together): the
margin of a tissue is the smallest that covers the wanted share of voxels of an average new patient
(hierarchical conformal prediction, Lee, Barber and Willett 2023, arXiv 2306.06342; conformalised
quantiles, Romano, Patterson and Candes, NeurIPS 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# By the predicted HU, since the true tissue of a new patient is not known.
TISSUES: tuple[tuple[str, float, float], ...] = (
    ("air", -2000.0, -300.0),
    ("fat", -300.0, -30.0),
    ("soft tissue", -30.0, 130.0),
    ("spongy bone", 130.0, 500.0),
    ("compact bone", 500.0, 5000.0),
)
LEVEL = 0.9
_GRID = np.concatenate([np.arange(-200.0, 200.0, 2.0), np.arange(200.0, 1500.0, 10.0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """``margins``: HU by which both ends of the interval are moved outwards, one per tissue;
    negative where the network was too careful. ``patients``: how many it was found on."""

    margins: tuple[float, ...]
    patients: int
    level: float = LEVEL

    def widened(
        self, lower: NDArray[np.float32], middle: NDArray[np.float32], upper: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both ends in HU (any shape), moved; they never cross the middle."""
        margin = np.asarray(self.margins, dtype=np.float32)[tissue_of(middle)]
        return np.minimum(lower - margin, middle), np.maximum(upper + margin, middle)

    def as_dict(self) -> dict[str, Any]:
        return {"margins": list(self.margins), "patients": self.patients, "level": self.level}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Calibration:
        return cls(
            margins=tuple(stored["margins"]), patients=stored["patients"], level=stored["level"]
        )


def tissue_of(hu: NDArray[np.float32]) -> NDArray[np.intp]:
    """Index into :data:`TISSUES` of each predicted HU."""
    return np.digitize(hu, [low for _, low, _ in TISSUES[1:]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """A patient the network did not see: HU of truth and prediction inside the body, (voxels,)."""

    truth: NDArray[np.float32]
    lower: NDArray[np.float32]
    middle: NDArray[np.float32]
    upper: NDArray[np.float32]

    def need(self) -> list[NDArray[np.float64]]:
        """Per tissue, the share of voxels covered at each margin of the grid; empty if the
        patient has under a hundred voxels of it."""
        short = np.maximum(self.lower - self.truth, self.truth - self.upper)
        tissue = tissue_of(self.middle)
        curves = []
        for index in range(len(TISSUES)):
            values = np.sort(short[tissue == index])
            if len(values) < 100:
                curves.append(np.empty(0))
                continue
            curves.append(np.searchsorted(values, _GRID, side="right") / len(values))
        return curves


def calibrate(patients: Sequence[Held], level: float = LEVEL) -> Calibration:
    """The smallest margins at which an average new patient is covered at ``level``; a tissue that
    too few patients have gets the widest margin of all.

    Raises:
        ValueError: no patients.
    """
    if not patients:
        raise ValueError("calibration needs patients")
    needs = [patient.need() for patient in patients]
    margins: list[float | None] = []
    for index in range(len(TISSUES)):
        curves = [need[index] for need in needs if need[index].size]
        margins.append(_smallest(curves, level) if curves else None)
    widest = max((margin for margin in margins if margin is not None), default=0.0)
    return Calibration(
        margins=tuple(widest if margin is None else margin for margin in margins),
        patients=len(patients),
        level=level,
    )


def _smallest(curves: Sequence[NDArray[np.float64]], level: float) -> float:
    # A new patient counts as one more, not covered at all: the bound of a finite sample.
    covered = np.sum(curves, axis=0) / (len(curves) + 1)
    # With few patients that bound cannot be reached; the mean over patients is then what there is.
    if len(curves) / (len(curves) + 1) <= level:
        covered = np.mean(curves, axis=0)
    enough = np.flatnonzero(covered >= level)
    return float(_GRID[enough[0]] if len(enough) else _GRID[-1])


def coverage(patient: Held, calibration: Calibration) -> dict[str, float]:
    """Share of voxels inside the widened interval, per tissue and for all."""
    lower, upper = calibration.widened(patient.lower, patient.middle, patient.upper)
    inside = (patient.truth >= lower) & (patient.truth <= upper)
    tissue = tissue_of(patient.middle)
    found = {"all": float(inside.mean())}
    for index, (name, _, _) in enumerate(TISSUES):
        if (chosen := tissue == index).sum() >= 100:
            found[name] = float(inside[chosen].mean())
    return found
