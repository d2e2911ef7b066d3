"""What linked evaluations add to the key metrics of a pipeline's card."""

from __future__ import annotations

from typing import Any

from apps.evaluation.models import EvaluationRun
from apps.registry.models import PipelineVersion
from ml.contracts.card import Figure

EVERYONE = "all"


def figures_of(pipeline: PipelineVersion) -> list[Figure]:
    """Figures of all subjects tell of usefulness, those of subgroups of fairness. The volumes that
    only describe (direction "none") are left out."""
    runs = EvaluationRun.objects.filter(pipeline=pipeline).order_by("measured_at", "id")
    shown = runs.only("data_name", "data_kind", "complete", "rows")
    return [
        _figure(run, row)
        for run in shown
        for row in run.rows
        if row["value"] is not None and row["direction"] != "none"
    ]


def _figure(run: EvaluationRun, row: dict[str, Any]) -> Figure:
    of = f" of {row['structure']}" if row["structure"] else ""
    group = "" if row["subgroup"] == EVERYONE else f", {row['subgroup']}"
    mark = "" if run.complete else "; INCOMPLETE"
    source = f"{run.data_name}, {run.data_kind}, n = {row['n_subjects']}{mark}"
    return Figure(
        pillar="fairness" if group else "usefulness",
        label=f"{row['metric']}{of}{group} ({source})",
        value=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
        level=row["ci_level"],
        unit=row["unit"],
    )
