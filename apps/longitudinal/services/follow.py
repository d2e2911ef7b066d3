"""Comparisons, predictions and scores follow their jobs: what a run found is kept in the job's
last transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction

from apps.inference.models import Artifact
from apps.jobs.models import Job
from apps.longitudinal.content import Content, ContentRefused, Name, content_of
from apps.longitudinal.models import Comparison, Prediction, PredictionScore
from apps.longitudinal.services.tracks import lesions_write
from apps.longitudinal.services.wake import scoring_wake
from apps.registry.models import WeightsFile

log = logging.getLogger(__name__)

CONTENT_REFUSED = "result_refused"


def on_job_finishing(job: Job, **_: object) -> None:
    followers: tuple[tuple[Any, Callable[[Any, Job], None]], ...] = (
        (Comparison, _comparison_follow),
        (Prediction, _prediction_follow),
        (PredictionScore, _score_follow),
    )
    for model, follow in followers:
        row = model.objects.select_for_update(of=("self",)).filter(job=job).first()
        if row is not None and job.state == Job.State.SUCCEEDED and row.content is None:
            follow(row, job)
            row.save()


def on_job_retried(job: Job, of: Job, **_: object) -> None:
    """The run that is made once more takes the place of the one that came to nothing."""
    for model in (Comparison, Prediction, PredictionScore):
        model.objects.filter(job=of, content__isnull=True).update(
            job=job, error_code="", error_message=""
        )


def _read(row: Any, job: Job, name: Name) -> Content | None:
    """What the run has written; a result that cannot be read is told in the row."""
    try:
        content = content_of(job, name)
    except ContentRefused as error:
        log.warning("The result of job %s was refused (%s).", job.pk, error.place)
        row.error_code, row.error_message = CONTENT_REFUSED, error.user_message
        return None
    row.content, row.content_sha256 = content.values, content.sha256
    return content


def _comparison_follow(row: Comparison, job: Job) -> None:
    change = row.kind == Comparison.Kind.CHANGE
    content = _read(row, job, "change" if change else "comparability")
    if content is None:
        return
    values = content.values
    row.comparable = values["comparability"]["comparable"]
    row.score = values["comparability"]["score"]
    if change:
        row.summary = _summary(values)
        lesions_write(row, values)


def _summary(values: dict[str, Any]) -> dict[str, Any]:
    load = values.get("lesion_load") or {}
    names = ("new", "resolved", "base_ml", "follow_ml")
    told = {name: load[name] for name in names if load.get(name) is not None}
    return {"lesions": len(values["lesions"]), **told}


def _prediction_follow(row: Prediction, job: Job) -> None:
    content = _read(row, job, "prediction")
    if content is None:
        return
    row.pipeline_version = job.version
    row.model_version = content.values["model_version"]
    row.model_sha256 = _weights_digest(job)
    made = Artifact.objects.filter(job=job).exclude(series_uid="")
    row.series = dict(made.values_list("key", "series_uid"))
    # The real scan may be there already.
    transaction.on_commit(partial(scoring_wake, row.pk), robust=True)


def _weights_digest(job: Job) -> str:
    """One digest of all weights files of the version that ran."""
    files = WeightsFile.objects.filter(pipeline__name=job.pipeline, pipeline__version=job.version)
    digests = sorted(files.values_list("sha256", flat=True))
    if len(digests) < 2:
        return digests[0] if digests else ""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _score_follow(row: PredictionScore, job: Job) -> None:
    content = _read(row, job, "score")
    if content is None:
        return
    row.comparable = content.values["comparable"]
    row.inside_interval = content.values.get("inside_interval")
    row.beats_carry_forward = content.values.get("beats_carry_forward")
