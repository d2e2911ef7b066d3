"""Reading what there is of one person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.core.errors import NotFound
from apps.inference.models import Artifact
from apps.longitudinal.models import Comparison, Prediction, PredictionScore, Treatment
from apps.studies.models import Study
from apps.studies.selectors import study_get

R = TypeVar("R", Comparison, Prediction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose rows are meant: the patient of a study."""

    identity: str
    patient_id: UUID
    birth_date: dt.date | None

    @property
    def studies(self) -> QuerySet[Study]:
        """A different birth date is another person with the same number, as for priors."""
        rows = Study.objects.filter(patient=self.patient_id)
        return rows if self.birth_date is None else rows.filter(self._born_then())

    @property
    def others(self) -> QuerySet[Study]:
        """The studies of such other people."""
        rows = Study.objects.filter(patient=self.patient_id)
        return rows.none() if self.birth_date is None else rows.exclude(self._born_then())

    def _born_then(self) -> Q:
        return Q(birth_date=self.birth_date) | Q(birth_date=None)


def person_of(study: Study) -> Person:
    return Person(
        identity=study.patient.identity,
        patient_id=study.patient_id,
        birth_date=study.birth_date,
    )


def person_get(study_uid: str) -> Person:
    """Raises ``NotFound`` (study_not_found)."""
    return person_of(study_get(study_uid))


def treatments_of(person: Person) -> QuerySet[Treatment]:
    rows = Treatment.objects.select_related("created_by").filter(person=person.identity)
    rows = rows.exclude(study_uid__in=person.others.values("study_uid"))
    return rows.order_by("started_on", "id")


def comparisons_found(*, person: Person | None = None) -> QuerySet[Comparison]:
    """Comparisons with what lists show of them, in one query."""
    rows = Comparison.objects.select_related("job", "created_by").defer(
        "content", "job__result", "job__snapshot", "job__params"
    )
    return _of(person, rows)


def _of(person: Person | None, rows: QuerySet[R]) -> QuerySet[R]:
    """What was made of the images of ``person``; of everybody's without one."""
    if person is None:
        return rows
    others = person.others.values("study_uid")
    return rows.filter(person=person.identity).exclude(base_study_uid__in=others)


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


def predictions_found(*, person: Person | None = None) -> QuerySet[Prediction]:
    """Predictions and their scores, in two queries."""
    rows = (
        Prediction.objects.select_related("job", "created_by")
        .defer("job__result", "job__snapshot", "job__params")
        .prefetch_related(Prefetch("scores", _scores()))
    )
    return _of(person, rows)


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
