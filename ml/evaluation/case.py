"""One pair in memory, and what measures of it look like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.report_facts import Fact
from ml.imaging.volume import Volume

# (metric, structure) -> parts, see ``ml.evaluation.intervals``.
Values = dict[tuple[str, str], tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImagePair:
    """Two images on one grid (z, y, x). ``mask``: the voxels that count. ``tissues``: named masks
    within it. ``value_range``: lowest and highest value that the images may hold, the same for the
    whole population."""

    pred: Volume
    ref: Volume
    mask: NDArray[np.bool_]
    value_range: tuple[float, float]
    tissues: dict[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelPair:
    """Two label maps on one grid (z, y, x), whole numbers; or, as a prediction of lesions, their
    probability 0..1."""

    pred: Volume
    ref: Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPair:
    """Facts of two reports."""

    pred: tuple[Fact, ...]
    ref: tuple[Fact, ...]


def one(value: float) -> tuple[float, ...]:
    """The parts of a plain value."""
    return (float(value),)


def as_float(array: NDArray[Any]) -> NDArray[np.float64]:
    """float64, so that sums over millions of voxels keep their digits."""
    return array.astype(np.float64, copy=False)
