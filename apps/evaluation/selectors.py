from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet

import ml.api
from apps.core.errors import NotFound, Refused
from apps.evaluation.models import EvaluationRun
from ml.contracts.evaluation import DataDiffer, EvaluationResult, RowDifference

HEAVY = ("original", "rows", "problems", "settings", "networks", "software", "command")


def runs_found(
    *, task: str = "", pipeline: str = "", data_sha256: str = ""
) -> QuerySet[EvaluationRun]:
    """Runs with what a list shows of them, in one query."""
    asked = {"task": task, "pipeline__name": pipeline, "data_sha256": data_sha256}
    given = {name: value for name, value in asked.items() if value}
    runs = EvaluationRun.objects.select_related("pipeline", "created_by").filter(**given)
    return runs.defer(*HEAVY, "pipeline__card_html", "pipeline__card_chai")


def run_get(run_id: UUID) -> EvaluationRun:
    """One run without its file. Raises ``NotFound``."""
    runs = EvaluationRun.objects.select_related("pipeline", "created_by").defer("original")
    found = runs.filter(pk=run_id).first()
    if found is None:
        raise NotFound("There is no such evaluation.", code="unknown_evaluation")
    return found


def original_of(run: EvaluationRun) -> bytes:
    return bytes(EvaluationRun.objects.values_list("original", flat=True).get(pk=run.pk))


def runs_compared(
    first: EvaluationRun, second: EvaluationRun, subgroup: str
) -> list[RowDifference]:
    """Second minus first over the subjects of both. Raises ``Refused`` (data_differ)."""
    one, other = (_result(run) for run in (first, second))
    try:
        return ml.api.evaluation_differences(one, other, subgroup=subgroup)
    except DataDiffer as error:
        raise Refused(f"{error.user_message}", code="data_differ") from error


def _result(run: EvaluationRun) -> EvaluationResult:
    """The file was checked when it was imported."""
    found: Any = json.loads(original_of(run))
    return cast("EvaluationResult", found)
