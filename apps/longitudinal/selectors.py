"""Reading what there is of one person."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.core.errors import NotFound
from apps.inference.models import Artifact
from apps.longitudinal.models import Comparison, Prediction, PredictionScore, Treatment
from apps.studies.selectors import study_get


def person_of(study_uid: str) -> str:
    """The identity of a study's patient. Raises ``NotFound`` (study_not_found)."""
    return study_get(study_uid).patient.identity


def treatments_of(person: str) -> QuerySet[Treatment]:
    rows = Treatment.objects.select_related("created_by").filter(person=person)
    return rows.order_by("started_on", "id")


def comparisons_found(*, person: str = "") -> QuerySet[Comparison]:
    """Comparisons with what lists show of them, in one query."""
    rows = Comparison.objects.select_related("job", "created_by").defer(
        "content", "job__result", "job__snapshot", "job__params"
    )
    return rows.filter(person=person) if person else rows


def comparison_get(comparison_id: UUID) -> Comparison:
    """With its content. Raises ``NotFound`` (comparison_not_found)."""
    rows = Comparison.objects.select_related("job", "created_by").defer(
        "job__result", "job__snapshot", "job__params"
    )
    found = rows.filter(pk=comparison_id).first()
    if found is None:
        raise NotFound("There is no such comparison.", code="comparison_not_found")
    return found


def _scores() -> QuerySet[PredictionScore]:
    return PredictionScore.objects.select_related("job").defer(
        "job__result", "job__snapshot", "job__params"
    )


def predictions_found(*, person: str = "") -> QuerySet[Prediction]:
    """Predictions and their scores, in two queries."""
    rows = (
        Prediction.objects.select_related("job", "created_by")
        .defer("job__result", "job__snapshot", "job__params")
        .prefetch_related(Prefetch("scores", _scores()))
    )
    return rows.filter(person=person) if person else rows


def prediction_get(prediction_id: UUID) -> Prediction:
    """With all that its page shows. Raises ``NotFound`` (prediction_not_found)."""
    artifacts = Artifact.objects.select_related("job").defer("job__result", "job__snapshot")
    scores = _scores().prefetch_related(Prefetch("job__artifacts", artifacts))
    found = (
        Prediction.objects.select_related("job", "created_by")
        .defer("job__result", "job__snapshot", "job__params")
        .prefetch_related(
            Prefetch("scores", scores), Prefetch("job__artifacts", artifacts.order_by("key"))
        )
        .filter(pk=prediction_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such prediction.", code="prediction_not_found")
    return found
