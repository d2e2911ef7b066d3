"""Figures over subjects with confidence intervals: the subject is the unit, never the voxel.

What is measured of a subject is a short vector of *parts* (a mean has one, an F1 three counts). A
*pool* turns the parts of many subjects into the figure; the bootstrap draws subjects with
replacement and pools again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
# From parts (..., subjects, k) to figures (...).
Pool = Callable[[Array], Array]
Method = Literal["BCa", "percentile"]
METHODS: tuple[Method, ...] = ("BCa", "percentile")
LEVEL = 0.95
# With two subjects a resample has three outcomes: no interval is better than that one.
FEWEST = 3
FROC_THRESHOLDS: tuple[float, ...] = tuple(round(0.05 * step, 2) for step in range(1, 20))
FROC_FALSE_POSITIVES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its confidence interval; None where there are too few subjects."""

    value: float | None
    low: float | None
    high: float | None
    method: str


def _mean(parts: Array) -> Array:
    return np.asarray(parts[..., 0].mean(axis=-1))


def _ratio(parts: Array) -> Array:
    total = parts.sum(axis=-2)
    return _divide(total[..., 0], total[..., 1])


def _f1(parts: Array) -> Array:
    total = parts.sum(axis=-2)
    return _f1_of(total[..., 0], total[..., 1], total[..., 2])


def _macro_f1(parts: Array) -> Array:
    total = parts.sum(axis=-2)
    classes = _f1_of(total[..., 0::3], total[..., 1::3], total[..., 2::3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a class of which no subject has any
        return np.asarray(np.nanmean(classes, axis=-1))


def _froc(parts: Array) -> Array:
    """Mean sensitivity at the CAMELYON rates of false positives (Bejnordi et al., JAMA 2017):
    parts are hits per threshold, false positives per threshold, lesions, volumes."""
    total = parts.sum(axis=-2)
    steps = len(FROC_THRESHOLDS)
    hits, alarms = total[..., :steps], total[..., steps : 2 * steps]
    sensitivity = _divide(hits, total[..., -2, None])
    rate = _divide(alarms, total[..., -1, None])
    curves = zip(rate.reshape(-1, steps), sensitivity.reshape(-1, steps), strict=True)
    figures = np.array([_at_rates(*curve) for curve in curves], dtype=np.float64)
    return np.reshape(figures, total.shape[:-1])


def _at_rates(rate: Array, sensitivity: Array) -> float:
    """Mean sensitivity at the rates; the curve starts where nothing is found."""
    x, y = (np.append(values, 0.0)[::-1] for values in (rate, sensitivity))
    return float(np.mean(np.interp(FROC_FALSE_POSITIVES, x, y)))


def _f1_of(hits: Array, alarms: Array, misses: Array) -> Array:
    return _divide(2 * hits, 2 * hits + alarms + misses)


def _divide(above: Array, below: Array) -> Array:
    whole, part = np.broadcast_arrays(np.asarray(below, float), np.asarray(above, float))
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


POOLS: dict[str, Pool] = {
    "mean": _mean,
    "ratio": _ratio,
    "f1": _f1,
    "macro f1": _macro_f1,
    "froc": _froc,
}


def bootstrap(parts: Array, pool: str, *, resamples: int = 2000, seed: int = 0) -> Interval:
    """The pooled figure with its bias-corrected and accelerated bootstrap interval (Efron 1987),
    or the percentile one where that does not exist (all resamples alike).

    Args:
        parts: float (subjects, k), see :data:`POOLS`.
        pool: a key of :data:`POOLS`.
        resamples: how many draws of subjects.
        seed: of the draws.
    """
    statistic = POOLS[pool]
    value = float(statistic(parts)) if len(parts) else float("nan")
    if not np.isfinite(value):
        return Interval(None, None, None, "none")
    if len(parts) < FEWEST:
        return Interval(value, None, None, f"none: fewer than {FEWEST} subjects")

    def of(index: NDArray[np.int64], axis: int = -1) -> Array:
        return statistic(parts[np.moveaxis(index, axis, -1)])

    return _interval(of, len(parts), value, resamples, seed)


def paired_bootstrap(
    first: Array, second: Array, pool: str, *, resamples: int = 2000, seed: int = 0
) -> Interval:
    """Second minus first with its interval: each draw takes a subject with both of its parts, so
    that what makes a subject easy or hard for both falls out.

    Args:
        first, second: parts (subjects, k) of the same subjects in the same order.
        pool, resamples, seed: as for :func:`bootstrap`.

    Raises:
        ValueError: the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError("paired parts must have one shape")
    statistic = POOLS[pool]
    value = float(statistic(second) - statistic(first)) if len(first) else float("nan")
    if not np.isfinite(value):
        return Interval(None, None, None, "none")
    if len(first) < FEWEST:
        return Interval(value, None, None, f"none: fewer than {FEWEST} subjects")

    def of(index: NDArray[np.int64], axis: int = -1) -> Array:
        drawn = np.moveaxis(index, axis, -1)
        return statistic(second[drawn]) - statistic(first[drawn])

    return _interval(of, len(first), value, resamples, seed)


def _interval(
    of: Callable[..., Any], subjects: int, value: float, resamples: int, seed: int
) -> Interval:
    for method in METHODS:
        low, high = _ends(of, subjects, method, resamples, seed)
        if np.isfinite([low, high]).all():
            return Interval(value, low, high, f"bootstrap by subject, {method}")
    return Interval(value, None, None, "none: the figure is undefined in some resamples")


def _ends(
    of: Callable[..., Any], subjects: int, method: Method, resamples: int, seed: int
) -> tuple[float, float]:
    with warnings.catch_warnings():
        # scipy warns where the resamples are all alike; the caller sees that from the result.
        warnings.simplefilter("ignore", RuntimeWarning)
        result: Any = stats.bootstrap(
            [np.arange(subjects)],
            of,
            vectorized=True,
            n_resamples=resamples,
            batch=200,
            confidence_level=LEVEL,
            method=method,
            rng=np.random.default_rng(seed),
        )
    interval = result.confidence_interval
    return float(interval.low), float(interval.high)


def jackknife(
    figure: Callable[[Callable[[str], bool]], float], subjects: list[str], value: float
) -> Interval:
    """Interval of a figure over a whole set (FID and the like) by leaving out one subject at a
    time. Drawing subjects twice, as the bootstrap does, would put copies into the set and raise
    exactly what such figures measure.

    Args:
        figure: the figure of those subjects for which the given function is true.
        subjects: all subjects, each once.
        value: the figure of all of them.
    """
    if not np.isfinite(value):
        return Interval(None, None, None, "none")
    count = len(subjects)
    if count < FEWEST:
        return Interval(value, None, None, f"none: fewer than {FEWEST} subjects")
    without = np.array([figure(lambda name, out=out: name != out) for out in subjects])  # type: ignore[misc]
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    if not np.isfinite(error):
        return Interval(value, None, None, "none: the figure is undefined without some subject")
    reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * error)
    return Interval(value, value - reach, value + reach, "jackknife by subject")
