"""Indices of a plan's quality: conformity, homogeneity, gradient, and the usual figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.planning.dvh import Dvh, value
from ml.planning.metrics import metric

TARGET_FIGURES = ("D98", "D95", "D50", "D2", "Dmean", "Dmin", "Dmax", "V95%", "V107%")
ORGAN_FIGURES = ("Dmean", "Dmax", "D2cc", "V20Gy", "V50%")


def figures(histogram: Dvh, prescription_gy: float, *, target: bool) -> dict[str, float]:
    """The usual figures of a target or an organ, by name; their units follow from the names
    (``ml.planning.metrics``)."""
    names = TARGET_FIGURES if target else ORGAN_FIGURES
    return {name: value(histogram, metric(name), prescription_gy) for name in names}


def conformity(
    dose: NDArray[np.floating], target: NDArray[np.floating], reference_gy: float
) -> float:
    """Paddick's conformity index (J Neurosurg 2000;93 Suppl 3:219): TV_PIV² / (TV · PIV), 1 at
    best.

    Args:
        dose: Gy (z, y, x). target: share of each voxel in the target, same shape.
        reference_gy: dose of the isodose, usually 95 or 100 % of the prescription.

    Returns:
        0 where no voxel reaches the isodose.
    """
    reached = dose >= reference_gy
    covered = float(target[reached].sum())
    isodose, volume = float(reached.sum()), float(target.sum())
    return covered**2 / (volume * isodose) if isodose and volume else 0.0


def homogeneity(histogram: Dvh) -> float:
    """ICRU 83's homogeneity index (D2 % - D98 %) / D50 %, 0 at best."""
    median = histogram.dose_at(50)
    return (histogram.dose_at(2) - histogram.dose_at(98)) / median if median > 0 else float("nan")


def gradient(dose: NDArray[np.floating], reference_gy: float) -> float:
    """Gradient index (Paddick and Lippitz 2006): volume of half the reference isodose over that of
    the reference isodose, nan where no voxel reaches it. ``dose`` Gy (z, y, x)."""
    full = int((dose >= reference_gy).sum())
    return float((dose >= reference_gy / 2).sum()) / full if full else float("nan")
