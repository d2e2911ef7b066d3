"""What back-testing on this site adds to the key metrics of a pipeline's card."""

from __future__ import annotations

from typing import Any

from apps.longitudinal.records import records_of
from apps.registry.models import PipelineVersion
from ml.contracts.card import Figure


def figures_of(pipeline: PipelineVersion) -> list[Figure]:
    """One row for each figure and each model that has served as this version."""
    records = [row for row in records_of(pipeline.name) if row["version"] == pipeline.version]
    return [figure for row in records if row["n"] for figure in _figures(row)]


def _figures(row: dict[str, Any]) -> list[Figure]:
    source = f"this site, {row['model_version'] or 'model not named'}, n = {row['n']}"
    level = f"{100 * row['interval']:g} %"
    coverage = Figure(
        pillar="safety",
        label=f"Coverage of the {level} interval ({source})",
        value=row["coverage"],
        low=row["coverage_low"],
        high=row["coverage_high"],
        level=0.95,
        unit="1",
    )
    bias = Figure(
        pillar="safety",
        label=f"Median of actual minus predicted volume ({source})",
        value=row["bias_ml"],
        unit="ml",
    )
    if row["beats_carry_forward"] is None:
        return [coverage, bias]
    better = Figure(
        pillar="usefulness",
        label=f"Share that beats carrying the last scan forward ({source})",
        value=row["beats_carry_forward"],
        unit="1",
    )
    return [coverage, bias, better]
