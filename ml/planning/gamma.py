"""γ: agreement of two doses by dose difference and distance (pymedphys, Low et al. 1998)."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymedphys import gamma as pymedphys_gamma
from pymedphys._gamma.implementation import shell

from ml.imaging.volume import Volume

# It writes to the root logger, and formats an array as a number there (0.41).
shell.logging = logging.getLogger("pymedphys")
shell.logging.setLevel(logging.WARNING)

# Beyond this γ the search stops: it fails by far, and by how far nobody asks.
MOST = 2.0
ROUNDING = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gamma:
    """``map`` float32 (z, y, x) on the reference's grid, nan below the cut-off, ``MOST`` at most;
    ``pass_percent``: share of its voxels with γ ≤ 1; ``mean`` over them."""

    map: NDArray[np.float32]
    pass_percent: float
    mean: float
    dose_percent: float
    distance_mm: float
    cutoff_percent: float


def gamma(
    reference: Volume,
    evaluated: Volume,
    *,
    dose_percent: float = 2.0,
    distance_mm: float = 2.0,
    cutoff_percent: float = 10.0,
) -> Gamma:
    """Global γ in three dimensions: percent of the reference's highest dose.

    Args:
        reference, evaluated: dose in Gy on the same transverse grid.

    Raises:
        ValueError: the grids differ, or no voxel of the reference has dose.
    """
    if evaluated.shape != reference.shape or not np.allclose(evaluated.affine, reference.affine):
        raise ValueError("the doses lie on different grids")
    if float(reference.array.max()) <= 0:
        raise ValueError("the reference has no dose")
    # pymedphys indexes with the axes as they are: float64 and ascending.
    axes = tuple(
        np.arange(n, dtype=np.float64) * step
        for n, step in zip(reference.shape, reference.spacing, strict=True)
    )
    found = pymedphys_gamma(
        axes,
        reference.array.astype(np.float64),
        axes,
        evaluated.array.astype(np.float64),
        dose_percent,
        distance_mm,
        lower_percent_dose_cutoff=cutoff_percent,
        interp_fraction=10,
        max_gamma=MOST,
    )
    values = np.asarray(found, dtype=np.float32)
    known = values[np.isfinite(values)]
    return Gamma(
        map=values,
        pass_percent=float(100.0 * (known <= 1 + ROUNDING).mean()),
        mean=float(known.mean()),
        dose_percent=dose_percent,
        distance_mm=distance_mm,
        cutoff_percent=cutoff_percent,
    )
