"""Log odds that a picture is noisy, moved or holds metal, from its features: logistic regression on
the standardised features and their squares. Each fault has features of its own: given all, the
regression finds what is peculiar to simulated heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
# Each fault, and how the names of the features begin that it is judged by.
FAULTS: Mapping[str, str] = {
    "noise": "noise/own voxels",
    "motion": "movement/",
    "metal": "metal/",
}
# Beyond this many standard deviations a feature says no more.
_FURTHEST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """``centre`` and ``spread`` (F,) of usual images, ``weights`` (2F, faults), 0 for
    the features of other faults, and ``offset`` (faults,)."""

    names: tuple[str, ...]
    centre: Matrix
    spread: Matrix
    weights: Matrix
    offset: Matrix

    def answers(self, features: Mapping[str, float]) -> dict[str, float]:
        """Log odds of each of ``FAULTS``."""
        row = np.array([[features[name] for name in self.names]], dtype=np.float32)
        odds = expanded(row, self.centre, self.spread)[0] @ self.weights + self.offset
        return dict(zip(FAULTS, odds.tolist(), strict=True))


def expanded(table: Matrix, centre: Matrix, spread: Matrix) -> Matrix:
    """Standardised features (N, F) and their squares: (N, 2F)."""
    away = np.clip((table - centre) / spread, -_FURTHEST, _FURTHEST)
    return np.hstack([away, away * away / _FURTHEST]).astype(np.float32)
