"""Predictions are held against the scans that come. Looking twice does nothing the second time,
so that a sweep may come whenever it likes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.services import audit_record
from apps.core.errors import NotFound, Refused
from apps.inference.request import InputRefused, system_request
from apps.jobs.models import Job
from apps.longitudinal.matching import best_match, window_of
from apps.longitudinal.models import Prediction, PredictionScore
from apps.longitudinal.timeline import made_here
from apps.studies.models import Patient, Series, Study

log = logging.getLogger(__name__)

PIPELINE: Final = "score_prediction"
BATCH: Final = 200
# Artefacts of a prediction that its scoring takes: name of the input -> key.
MADE: Final = {"predicted": "predicted", "probability": "growth-probability"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    prediction: Prediction
    actual: Series


def scores_sweep(prediction_id: UUID | None = None) -> int:
    """Start the scoring of every prediction whose scan is there; return how many were started."""
    awaited = Prediction.objects.filter(content__isnull=False, target_date__isnull=False)
    if prediction_id is not None:
        awaited = awaited.filter(pk=prediction_id)
    keys = awaited.order_by("created_at", "id").values_list("pk", flat=True)
    return sum(
        _start(due) for some in _batches(list(keys)) for due in _due(awaited.filter(pk__in=some))
    )


def _batches(keys: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _due(awaited: QuerySet[Prediction]) -> list[Due]:
    """What can be scored now, in as many queries for any number of predictions."""
    predictions = list(awaited.select_related("created_by").defer("content"))
    scored = {
        (score.prediction_id, score.actual_study_uid)
        for score in PredictionScore.objects.filter(prediction__in=predictions).defer("content")
    }
    studies = _studies_in_time(predictions)
    images = _images({study.pk for found in studies.values() for study in found})
    needed = [row.base_series_uid for row in predictions]
    needed += [uid for row in predictions for uid in made_series(row).values()]
    known = _by_uid(needed)
    return [
        Due(prediction=row, actual=actual)
        for row in predictions
        if _ready(row, known)
        for study in studies[row.pk]
        if study.study_uid != row.base_study_uid and (row.pk, study.study_uid) not in scored
        if all(series.complete for series in images[study.pk])
        if (actual := best_match(known[row.base_series_uid], images[study.pk])) is not None
    ]


def made_series(prediction: Prediction) -> dict[str, str]:
    """What the prediction has made that its scoring takes: series UID by name of the input."""
    series = prediction.series
    return {name: series[key] for name, key in MADE.items() if key in series}


def _ready(prediction: Prediction, known: dict[str, Series]) -> bool:
    made = made_series(prediction)
    uids = (prediction.base_series_uid, *made.values())
    return "predicted" in made and all(uid in known and known[uid].complete for uid in uids)


def _studies_in_time(predictions: Sequence[Prediction]) -> dict[UUID, list[Study]]:
    """The studies of each prediction's patient around its target date."""
    people = {row.person for row in predictions}
    ids = dict(Patient.objects.filter(identity__in=people).values_list("identity", "pk"))
    windows = {
        row.pk: (ids[row.person], *window_of(row.target_date, row.days))
        for row in predictions
        if row.person in ids and row.target_date is not None
    }
    wanted = Q(pk__in=[])
    for patient, first, last in windows.values():
        wanted |= Q(patient_id=patient, date_key__range=(first, last))
    found: dict[UUID, list[Study]] = defaultdict(list)
    for study in Study.objects.filter(wanted) if windows else ():
        for key, (patient, first, last) in windows.items():
            if study.patient_id == patient and first <= study.date_key <= last:
                found[key].append(study)
    return found


def _images(studies: Iterable[UUID]) -> dict[UUID, list[Series]]:
    rows = Series.objects.filter(study__in=studies, kind=Series.Kind.IMAGE)
    found: dict[UUID, list[Series]] = defaultdict(list)
    for series in rows.select_related("study").annotate(made_here=made_here()):
        found[series.study_id].append(series)
    return found


def _by_uid(uids: Iterable[str]) -> dict[str, Series]:
    rows = Series.objects.select_related("study").filter(series_uid__in=set(uids))
    return {series.series_uid: series for series in rows}


@transaction.atomic
def _start(due: Due) -> bool:
    """Whether a job was started. Another worker that has come first is waited for."""
    actual_date = due.actual.study.study_date
    if actual_date is None:
        return False
    prediction, actual = (
        Prediction.objects.select_for_update().get(pk=due.prediction.pk),
        due.actual,
    )
    if prediction.scores.filter(actual_study_uid=actual.study.study_uid).exists():
        return False
    values: dict[str, Any] = {}
    try:
        values["job"] = job = _job(prediction, actual)
    except InputRefused as error:
        # The scan will not get better: told once, and not asked again.
        job = None
        values |= {"error_code": error.code, "error_message": error.user_message}
    except (NotFound, Refused) as error:
        log.warning("Predictions are not scored: %s", error.code)
        return False
    score = PredictionScore.objects.create(
        prediction=prediction,
        actual_series_uid=actual.series_uid,
        actual_study_uid=actual.study.study_uid,
        actual_date=actual_date,
        **values,
    )
    audit_record(
        actor=None,
        action="followup.score",
        object_type="prediction_score",
        object_id=score.pk,
        study_uid=score.actual_study_uid,
        detail={"prediction": str(prediction.pk), "job": str(job.pk) if job else None},
    )
    return job is not None


def _job(prediction: Prediction, actual: Series) -> Job:
    """The actual scan first: the job is shown with its study."""
    with transaction.atomic():
        return system_request(
            on_behalf_of=prediction.created_by,
            pipeline=PIPELINE,
            inputs={
                "actual": actual.series_uid,
                "base": prediction.base_series_uid,
                **made_series(prediction),
            },
            params={"prediction": prediction.content},
        )
