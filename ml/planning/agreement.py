"""How well two images, outlines or doses agree: the figures behind the checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.planning.bulk import AIR_BELOW, BONE_ABOVE, FAT_BELOW
from ml.planning.dvh import Dvh


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineAgreement:
    """Of two outlines: difference of volume in percent of the second, mean distance of the
    surfaces in mm, Dice in percent."""

    volume_percent: float
    distance_mm: float
    dice_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """HU within the body. ``soft_median``: of soft tissue; ``soft_expected``: of the reference in
    its own soft tissue where there is one, else of muscle and organs in general. Shares of the
    body's volume in percent; ``bone_expected`` is the reference's, None without."""

    soft_median: float
    soft_expected: float
    bone_percent: float
    air_percent: float
    bone_expected: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HuError:
    """Predicted minus reference, HU: mean absolute error in the body, bias in the reference's
    soft tissue and bone (nan without any)."""

    mae: float
    bias_soft: float
    bias_bone: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseDifference:
    """Of one structure's histogram: other minus plan, percent of the plan."""

    d95_percent: float
    dmean_percent: float


# Median of muscle and parenchyma at 120 kV.
SOFT_TISSUE_HU = 45.0


def outlines(
    first: NDArray[np.bool_], second: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> OutlineAgreement:
    """Compare two masks (z, y, x) on one grid; ``spacing`` (z, y, x) in mm.

    Only surfaces within the image count: faces where both are cut off say nothing.

    Raises:
        ValueError: one of them is empty.
    """
    a, b = int(first.sum()), int(second.sum())
    if not a or not b:
        raise ValueError("an outline is empty")
    inner = np.zeros_like(first)
    inner[:, 1:-1, 1:-1] = True
    plane = np.ones((1, 3, 3), dtype=np.bool_)
    edges = [m & ~ndimage.binary_erosion(m, plane, border_value=1) & inner for m in (first, second)]
    distances = []
    for one, other in (edges, edges[::-1]):
        if one.any() and other.any():
            distances.append(ndimage.distance_transform_edt(~other, sampling=spacing)[one])
    mean = float(np.concatenate(distances).mean()) if distances else 0.0
    return OutlineAgreement(
        volume_percent=100.0 * (a - b) / b,
        distance_mm=mean,
        dice_percent=200.0 * float((first & second).sum()) / (a + b),
    )


def _soft(hu: NDArray[np.floating]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (hu >= FAT_BELOW) & (hu <= BONE_ABOVE)
    return found


def tissue(
    hu: NDArray[np.floating],
    body: NDArray[np.bool_],
    reference: NDArray[np.floating] | None = None,
) -> Tissue:
    """HU of an image within ``body``, all (z, y, x) on one grid. The outermost voxel of each slice
    is left out, since skin and air share it.

    Raises:
        ValueError: the body holds no soft tissue.
    """
    body = ndimage.binary_erosion(body, np.ones((1, 3, 3), dtype=np.bool_), border_value=1)
    where = body & _soft(hu if reference is None else reference)
    if not where.any():
        raise ValueError("the body holds no soft tissue")
    volume = float(body.sum())
    return Tissue(
        soft_median=float(np.median(hu[where])),
        soft_expected=(SOFT_TISSUE_HU if reference is None else float(np.median(reference[where]))),
        bone_percent=100.0 * float((hu[body] > BONE_ABOVE).sum()) / volume,
        air_percent=100.0 * float((hu[body] < AIR_BELOW).sum()) / volume,
        bone_expected=(
            None
            if reference is None
            else 100.0 * float((reference[body] > BONE_ABOVE).sum()) / volume
        ),
    )


def hu_error(
    hu: NDArray[np.floating], reference: NDArray[np.floating], body: NDArray[np.bool_]
) -> HuError:
    """Error of an image against a reference on the same grid, within ``body``.

    Raises:
        ValueError: the body is empty.
    """
    if not body.any():
        raise ValueError("the body is empty")
    difference = hu.astype(np.float64) - reference

    def bias(where: NDArray[np.bool_]) -> float:
        return float(difference[where].mean()) if where.any() else float("nan")

    return HuError(
        mae=float(np.abs(difference[body]).mean()),
        bias_soft=bias(body & _soft(reference)),
        bias_bone=bias(body & (reference > BONE_ABOVE)),
    )


def doses(plan: Dvh, other: Dvh) -> DoseDifference:
    """Differences of D95 and Dmean of a structure between two doses.

    Raises:
        ValueError: the plan gives the structure no dose.
    """
    d95, mean = plan.dose_at(95), plan.mean
    if d95 <= 0 or mean <= 0:
        raise ValueError("the structure has no dose")
    return DoseDifference(
        d95_percent=100.0 * (other.dose_at(95) / d95 - 1.0),
        dmean_percent=100.0 * (other.mean / mean - 1.0),
    )
