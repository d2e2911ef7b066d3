"""Distance of an image's features to the nearest usual images, whitened by their spread (a
k-nearest-neighbour detector: Sun et al., ICML 2022). It needs to know no fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
NEIGHBOURS = 5
# How much of the spread of a feature is taken as its own rather than shared with others.
_SHRINKAGE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Usual:
    """``centre`` and ``spread`` (F,), ``whitening`` (F, F), and ``images`` (N, F) whitened."""

    names: tuple[str, ...]
    centre: Matrix
    spread: Matrix
    whitening: Matrix
    images: Matrix

    def distance(self, features: Mapping[str, float]) -> float:
        """To the k-th nearest usual image."""
        place = (self._row(features) - self.centre) @ self.whitening
        distances = np.linalg.norm(self.images - place, axis=1)
        return float(np.partition(distances, NEIGHBOURS - 1)[NEIGHBOURS - 1])

    def away(self, features: Mapping[str, float]) -> dict[str, float]:
        """By how many standard deviations each feature differs from the usual mean."""
        values = np.abs(self._row(features) - self.centre) / self.spread
        return dict(zip(self.names, values.tolist(), strict=True))

    def _row(self, features: Mapping[str, float]) -> Matrix:
        return np.array([features[name] for name in self.names], dtype=np.float32)


def usual(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Usual:
    """From the features of usual images.

    Raises:
        ValueError: fewer images than features.
    """
    table = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    if len(table) < len(names):
        raise ValueError("too few images to fit the gate on")
    centre, spread = table.mean(axis=0), table.std(axis=0) + 1e-3
    correlated = np.cov((table - centre) / spread, rowvar=False)
    shrunk = (1 - _SHRINKAGE) * correlated + _SHRINKAGE * np.eye(len(names))
    values, vectors = np.linalg.eigh(shrunk)
    whitening = (vectors / np.sqrt(values)) / spread[:, None]
    return Usual(
        names=tuple(names),
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        whitening=whitening.astype(np.float32),
        images=((table - centre) @ whitening).astype(np.float32),
    )
