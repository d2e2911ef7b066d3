"""Cumulative dose-volume histograms, and the figures read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.planning.metrics import Metric

MOST_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Dvh:
    """The voxels of a structure by dose.

    ``dose`` float64 (n,): Gy of each voxel, ascending. ``share`` float64 (n,): the part of the
    structure's volume in the voxels from here upwards, so ``share[0]`` is 1. ``volume_ml``: of
    the structure.
    """

    dose: NDArray[np.float64]
    share: NDArray[np.float64]
    volume_ml: float

    def dose_at(self, percent: float) -> float:
        """D(percent): the highest dose that at least ``percent`` of the volume receives, Gy,
        interpolated between voxels. 100 gives the lowest dose, 0 the highest."""
        wanted = np.clip(percent / 100.0, 0.0, 1.0)
        # The middle of each voxel's part of the volume, so that the median is the median.
        middle = self.share - 0.5 * -np.diff(self.share, append=0.0)
        return float(np.interp(-wanted, -middle, self.dose))

    def volume_at(self, dose_gy: float) -> float:
        """V(dose): percent of the volume that receives at least ``dose_gy``."""
        index = int(np.searchsorted(self.dose, dose_gy, side="left"))
        return float(100.0 * self.share[index]) if index < len(self.dose) else 0.0

    @property
    def mean(self) -> float:
        """Mean dose in Gy."""
        return float(np.sum(self.dose * -np.diff(self.share, append=0.0)))


def dvh(dose: NDArray[np.floating], shares: NDArray[np.floating], voxel_ml: float) -> Dvh:
    """The histogram of ``dose`` (Gy, (z, y, x)) in a structure.

    Args:
        shares: how much of each voxel belongs to the structure, 0..1, same shape; a mask will do.
        voxel_ml: volume of a voxel.

    Raises:
        ValueError: the structure has no voxel, or the shapes differ.
    """
    if dose.shape != shares.shape:
        raise ValueError(f"the dose {dose.shape} lies on another grid than {shares.shape}")
    inside = shares > 0
    weight = shares[inside].astype(np.float64)
    if not weight.size:
        raise ValueError("the structure is empty")
    values = dose[inside].astype(np.float64)
    order = np.argsort(values, kind="stable")
    weight = weight[order]
    total = float(weight.sum())
    below = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
    return Dvh(dose=values[order], share=1.0 - below / total, volume_ml=total * voxel_ml)


def curve(histogram: Dvh, points: int = MOST_POINTS) -> tuple[list[float], list[float]]:
    """Dose (Gy) and volume (percent) of the cumulative curve, at most ``points`` of each, from
    0 Gy to a little beyond the highest dose."""
    top = max(float(histogram.dose[-1]), 1e-3) * 1.005
    doses = np.linspace(0.0, top, points)
    volumes = [histogram.volume_at(float(value)) for value in doses]
    return [round(float(d), 4) for d in doses], [round(v, 4) for v in volumes]


def value(histogram: Dvh, figure: Metric, prescription_gy: float) -> float:
    """The figure that ``figure`` names, in its unit (Gy, or percent of the volume).

    A dose to more cm³ than the structure has is its lowest dose.
    """
    match figure.kind:
        case "dose_at_percent":
            return histogram.dose_at(figure.amount)
        case "dose_at_cc":
            return histogram.dose_at(100.0 * figure.amount / histogram.volume_ml)
        case "mean":
            return histogram.mean
        case "max":
            return float(histogram.dose[-1])
        case "min":
            return float(histogram.dose[0])
        case "volume_at_gy":
            return histogram.volume_at(figure.amount)
        case "volume_at_percent":
            return histogram.volume_at(prescription_gy * figure.amount / 100.0)
