"""From what was measured to rows of the table, each with its interval, floor and baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ml.contracts.evaluation import NOT_GIVEN, Bound, MetricRow, Named
from ml.evaluation.catalogue import METRICS
from ml.evaluation.intervals import LEVEL, Interval, bootstrap
from ml.evaluation.measured import Key, Measured
from ml.evaluation.settings import Settings

EVERYONE = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every row carries."""

    settings: Settings
    data: Named
    sources: Mapping[str, str]
    unit: str


def metric_rows(
    measured: Mapping[str, Measured], groups: Mapping[str, set[str]], context: Context
) -> Iterator[MetricRow]:
    """Rows of all figures that subjects have of their own: of all subjects, then per subgroup."""
    settings, predicted = context.settings, measured["prediction"]
    everyone: dict[str, set[str] | None] = {EVERYONE: None}
    for group, only in {**everyone, **groups}.items():
        for key in predicted.keys():  # noqa: SIM118 - not a mapping
            names, parts = predicted.parts(key, only)
            if not names:
                continue
            interval = bootstrap(
                parts, METRICS[key[0]].pool, resamples=settings.resamples, seed=settings.seed
            )
            bounds = {
                variant: _bound(measured[variant], key, set(names), context.sources.get(variant))
                for variant in ("floor", "baseline")
            }
            yield row(key, interval, len(names), group=group, bounds=bounds, context=context)


def row(
    key: Key,
    interval: Interval,
    subjects: int,
    *,
    group: str,
    bounds: Mapping[str, Bound],
    context: Context,
) -> MetricRow:
    """One row of the table."""
    metric = METRICS[key[0]]
    return {
        "tier": metric.tier,
        "metric": metric.name,
        "structure": key[1],
        "subgroup": group,
        "value": interval.value,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "ci_level": LEVEL,
        "ci_method": interval.method,
        "n_subjects": subjects,
        "unit": context.unit if metric.unit == "intensity" else metric.unit,
        "direction": metric.direction,
        "data": context.data,
        "floor": bounds["floor"],
        "baseline": bounds["baseline"],
        "command": context.settings.command,
    }


def not_given() -> Bound:
    """Said in so many words: a figure without a floor or baseline is not to be mistaken for one
    that has been held against them."""
    return {"value": None, "source": NOT_GIVEN}


def _bound(measured: Measured, key: Key, names: set[str], source: str | None) -> Bound:
    value = measured.value(key, names) if source else None
    if source is None or value is None:
        return not_given()
    have, _ = measured.parts(key, names)
    part = "" if len(have) == len(names) else f" ({len(have)} of {len(names)} subjects)"
    return {"value": value, "source": source + part}
