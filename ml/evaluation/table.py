"""The table in its forms: CSV, Markdown, and lines for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ml.contracts.evaluation import Bound, EvaluationResult, MetricRow

_MARKS = {"higher": "↑", "lower": "↓", "zero": "→0", "none": ""}
COLUMNS = (
    "tier", "metric", "structure", "subgroup", "value", "ci_low", "ci_high", "ci_level",
    "ci_method", "n_subjects", "unit", "direction", "floor", "floor_source", "baseline",
    "baseline_source", "data", "data_sha256", "command",
)  # fmt: skip


def number(value: float | None) -> str:
    """Four significant digits, or a dash."""
    if value is None:
        return "–"
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def _bound(bound: Bound) -> str:
    return bound["source"] if bound["value"] is None else number(bound["value"])


def as_csv(rows: Iterable[MetricRow]) -> str:
    """All rows with all fields; a floor or baseline that is missing reads "not given"."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        flat = {
            **row,
            "data": row["data"]["name"],
            "data_sha256": row["data"]["sha256"],
            "floor": _exact(row["floor"]),
            "floor_source": row["floor"]["source"],
            "baseline": _exact(row["baseline"]),
            "baseline_source": row["baseline"]["source"],
        }
        writer.writerow(["" if flat[name] is None else flat[name] for name in COLUMNS])
    return stream.getvalue()


def _exact(bound: Bound) -> float | str:
    return bound["source"] if bound["value"] is None else bound["value"]


def as_markdown(result: EvaluationResult) -> str:
    """A heading that says what was measured on what, then the table; incomplete results say so
    first."""
    data = result["data"]
    subjects = len(result["subjects"])
    digest = f", sha256 {data['sha256'][:12]}…"
    lines = [
        f"# {result['task']}: {result['prediction']['name']} on {data['name']}",
        "",
        f"Data: {data['name']} ({result['data_kind']}), {subjects} subjects{digest}  ",
        f"Command: `{result['command']}`",
    ]
    if not result["complete"]:
        lines += ["", f"**INCOMPLETE: {len(result['problems'])} not measured**", ""]
        lines += [f"- {p['file'] or 'run'}: {p['reason']}" for p in result["problems"]]
    lines += ["", *_sources(result["rows"])]
    for group in dict.fromkeys(row["subgroup"] for row in result["rows"]):
        rows = [row for row in result["rows"] if row["subgroup"] == group]
        lines += ["", f"## {'All subjects' if group == 'all' else group}", "", *_grid(rows)]
    return "\n".join(lines) + "\n"


def _sources(rows: Sequence[MetricRow]) -> list[str]:
    lines = []
    for name in ("floor", "baseline"):
        found = dict.fromkeys(_bound_of(row, name)["source"] for row in rows)
        lines.append(f"{name.capitalize()}: {'; '.join(found) or 'not given'}  ")
    return lines


def _bound_of(row: MetricRow, name: str) -> Bound:
    return row["floor"] if name == "floor" else row["baseline"]


def _grid(rows: Sequence[MetricRow]) -> list[str]:
    lines = [
        "| metric | of | value | 95 % interval | n | unit | floor | baseline |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        interval = "–"
        if row["ci_low"] is not None and row["ci_high"] is not None:
            interval = f"{number(row['ci_low'])} to {number(row['ci_high'])}"
        cells = (
            f"{row['metric']} {_MARKS[row['direction']]}".strip(),
            row["structure"],
            number(row["value"]),
            interval,
            str(row["n_subjects"]),
            row["unit"],
            _bound(row["floor"]),
            _bound(row["baseline"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def for_terminal(markdown: str) -> str:
    """Markdown with the columns of each table under one another."""
    shown: list[str] = []
    table: list[list[str]] = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if table:
            widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
            for row in table:
                if set(row[0]) == {"-"}:
                    shown.append("  ".join("-" * width for width in widths))
                else:
                    cells = zip(row, widths, strict=True)
                    shown.append("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
            table = []
        shown.append(line.rstrip())
    return "\n".join(shown).rstrip() + "\n"
