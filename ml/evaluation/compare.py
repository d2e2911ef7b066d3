"""Several results side by side, and their differences by subject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ml.contracts.errors import InputRefused
from ml.contracts.evaluation import EvaluationResult, MetricRow
from ml.evaluation.intervals import Interval
from ml.evaluation.paired import difference, require_same_data, rows_by_key
from ml.evaluation.stored import read
from ml.evaluation.table import for_terminal, number


def compare(paths: Sequence[Path], *, resamples: int = 2000, seed: int = 0) -> str:
    """A table of all results, with the difference of each from the first one.

    The interval of a difference is from a bootstrap that draws subjects, each with both of its
    values: only the subjects of both results count. A difference whose interval leaves out 0 is
    marked with ``*``. Figures of whole sets have no values by subject and so no interval here.

    Raises:
        InputRefused: fewer than two results, one that cannot be read, or ones of other tasks or
            other data.
    """
    if len(paths) < 2:
        raise InputRefused("Give two results or more to compare.")
    results = [read(path) for path in paths]
    first = results[0]
    for path, result in zip(paths, results, strict=True):
        require_same_data(first, result, names=(paths[0].name, path.name))
    return for_terminal("\n".join([*_heading(first, results), *_table(results, resamples, seed)]))


def _heading(first: EvaluationResult, results: Sequence[EvaluationResult]) -> list[str]:
    lines = [
        f"# {first['task']} on {first['data']['name']} ({first['data_kind']})",
        "",
        "Differences are from the first, over the subjects of both; * where the 95 % interval",
        "of the paired bootstrap by subject leaves out 0.",
        "",
    ]
    for number_of, result in enumerate(results, start=1):
        mark = "" if result["complete"] else " **INCOMPLETE**"
        lines.append(f"{number_of}. {result['prediction']['name']}{mark}: `{result['command']}`")
    return [*lines, ""]


def _table(results: Sequence[EvaluationResult], resamples: int, seed: int) -> list[str]:
    names = [f"{n}. {r['prediction']['name']}" for n, r in enumerate(results, start=1)]
    others = [f"{name} − 1" for name in range(2, len(results) + 1)]
    head = ["metric", "of", "unit", *names, *others, "floor", "baseline"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    tables = [rows_by_key(result) for result in results]
    for key, row in tables[0].items():
        values = [number(t[key]["value"]) if key in t else "–" for t in tables]
        differences = [
            _shown(
                difference(key, results[0], result, resamples=resamples, seed=seed),
                row,
                table.get(key),
            )
            for result, table in zip(results[1:], tables[1:], strict=True)
        ]
        bounds = [
            b["source"] if b["value"] is None else number(b["value"])
            for b in (row["floor"], row["baseline"])
        ]
        mark = {"higher": " ↑", "lower": " ↓", "zero": " →0", "none": ""}[row["direction"]]
        cells = [key[0] + mark, key[1], row["unit"], *values, *differences, *bounds]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _shown(found: Interval | None, first: MetricRow, second: MetricRow | None) -> str:
    if found is not None and found.value is not None:
        if found.low is None or found.high is None:
            return f"{found.value:+.4g}"
        mark = " *" if found.low > 0 or found.high < 0 else ""
        return f"{found.value:+.4g} ({found.low:+.4g} to {found.high:+.4g}){mark}"
    if second is None or first["value"] is None or second["value"] is None:
        return "–"
    return f"{second['value'] - first['value']:+.4g} (not by subject)"
