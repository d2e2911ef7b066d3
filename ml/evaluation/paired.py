"""The differences of two results, by the subjects that both have. Loads no torch."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ml.contracts.evaluation import (
    DataDiffer,
    Direction,
    EvaluationResult,
    MetricRow,
    RowDifference,
)
from ml.evaluation.catalogue import METRICS
from ml.evaluation.intervals import LEVEL, POOLS, Array, Interval, paired_bootstrap

Key = tuple[str, str]
EVERYONE = "all"
# What a subject without an attribute is counted to.
UNKNOWN = "unknown"


def require_same_data(
    first: EvaluationResult,
    second: EvaluationResult,
    names: tuple[str, str] = ("The first", "the second"),
) -> None:
    """Raises ``DataDiffer``, which says what differs."""
    one, other = names
    if first["task"] != second["task"]:
        raise DataDiffer(
            f"{other} is of the task {second['task']}, {one} of the task {first['task']}."
        )
    mine, theirs = first["data"], second["data"]
    if mine["sha256"] != theirs["sha256"]:
        raise DataDiffer(
            f"{other} was measured on other data than {one}: {theirs['name']} "
            f"({theirs['sha256'][:12]}…) and not {mine['name']} ({mine['sha256'][:12]}…)."
        )


def differences(
    first: EvaluationResult,
    second: EvaluationResult,
    *,
    subgroup: str = EVERYONE,
    resamples: int = 2000,
    seed: int = 0,
) -> list[RowDifference]:
    """Second minus first for every figure of a subgroup that both have, in the first's order.

    Raises:
        DataDiffer: the two are of other tasks or other data.
    """
    require_same_data(first, second)
    theirs = rows_by_key(second, subgroup)
    return [
        _told(
            row,
            difference(key, first, second, subgroup=subgroup, resamples=resamples, seed=seed),
            len(_shared(key, first, second, subgroup)),
        )
        for key, row in rows_by_key(first, subgroup).items()
        if key in theirs
    ]


def _told(row: MetricRow, measured: Interval | None, subjects: int) -> RowDifference:
    found = measured or Interval(None, None, None, "none: not by subject")
    return {
        "tier": row["tier"],
        "metric": row["metric"],
        "structure": row["structure"],
        "subgroup": row["subgroup"],
        "unit": row["unit"],
        "direction": row["direction"],
        "difference": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "ci_level": LEVEL,
        "ci_method": found.method,
        "n_subjects": subjects,
        "better": _better(found, row["direction"]),
    }


def _better(found: Interval, direction: Direction) -> Literal["first", "second", "neither"]:
    """Of a signed error the difference alone does not say which is nearer to 0."""
    if found.low is None or found.high is None or direction not in ("higher", "lower"):
        return "neither"
    if found.low <= 0 <= found.high:
        return "neither"
    return "second" if (found.low > 0) == (direction == "higher") else "first"


def rows_by_key(result: EvaluationResult, subgroup: str = EVERYONE) -> dict[Key, MetricRow]:
    """The rows of a subgroup by metric and structure."""
    rows = result["rows"]
    return {(r["metric"], r["structure"]): r for r in rows if r["subgroup"] == subgroup}


def difference(
    key: Key,
    first: EvaluationResult,
    second: EvaluationResult,
    *,
    subgroup: str = EVERYONE,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval | None:
    """Second minus first over the subjects of both; None where they have no values by subject."""
    metric = METRICS.get(key[0])
    if metric is None or metric.pool not in POOLS:
        return None
    rows = [_parts(key, result) for result in (first, second)]
    names = _shared(key, first, second, subgroup)
    if not names:
        return None
    parts = [np.array([row[name] for name in names]) for row in rows]
    if parts[0].shape != parts[1].shape:
        return None
    return paired_bootstrap(parts[0], parts[1], metric.pool, resamples=resamples, seed=seed)


def _shared(
    key: Key, first: EvaluationResult, second: EvaluationResult, subgroup: str
) -> list[str]:
    """Subjects of a subgroup ("attribute=value") for whom both have the figure."""
    attribute, _, value = subgroup.partition("=")
    chosen = {
        item["subject"]
        for item in first["subjects"]
        if subgroup == EVERYONE or item["attributes"].get(attribute, UNKNOWN) == value
    }
    theirs = _parts(key, second)
    return [name for name in _parts(key, first) if name in theirs and name in chosen]


def _parts(key: Key, result: EvaluationResult) -> dict[str, Array]:
    name = "/".join(part for part in key if part)
    return {
        item["subject"]: np.array(item["values"][name])
        for item in result["subjects"]
        if name in item["values"]
    }
