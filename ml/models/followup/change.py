"""Figures of a predicted change, each of which is 1 or known for carrying the base forward."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]
Image = NDArray[np.floating[Any]]


def delta_rmae(predicted: Image, base: Image, actual: Image, where: Mask) -> float:
    """Error of the predicted change over the change itself, inside ``where``: mean |predicted -
    actual| / mean |actual - base|. Carry-forward scores 1; nan where nothing changed."""
    change = float(np.abs(actual - base)[where].mean()) if where.any() else 0.0
    if change <= 0:
        return float("nan")
    return float(np.abs(predicted - actual)[where].mean()) / change


def dice(first: Mask, second: Mask) -> float:
    """Overlap 2|A and B| / (|A| + |B|); 1 where both are empty."""
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def new_tissue_dice(predicted: Mask, base: Mask, actual: Mask) -> float | None:
    """Overlap of what was not lesion at the base and is later: 0 for carry-forward, None where
    nothing is new."""
    new = actual & ~base
    return dice(predicted & ~base, new) if new.any() else None


def front_hd95(predicted: Mask, actual: Mask, spacing_mm: tuple[float, float, float]) -> float:
    """95th percentile of the distances between both borders, in mm; nan where one is empty."""
    if not predicted.any() or not actual.any():
        return float("nan")
    found = []
    for one, other in ((predicted, actual), (actual, predicted)):
        border = one & ~ndimage.binary_erosion(one)
        away = ndimage.distance_transform_edt(~_border(other), sampling=spacing_mm)
        found.append(away[border])
    return float(np.percentile(np.concatenate(found), 95))


def crps(samples: Image, truth: float) -> float:
    """Continuous ranked probability score of samples (n,), in their unit: the mean error for one
    sample (Gneiting and Raftery, JASA 2007)."""
    values = np.asarray(samples, dtype=np.float64)
    spread = np.abs(values[:, None] - values[None]).mean()
    return float(np.abs(values - truth).mean() - 0.5 * spread)


def _border(mask: Mask) -> Mask:
    out: Mask = mask & ~ndimage.binary_erosion(mask)
    return out
