"""Many workers that look for the same scan at once, run as a process of its own on the database of
the environment."""

# ruff: noqa: E402 - Django is set up before its models are imported
from __future__ import annotations

import datetime as dt
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.services.create import job_create
from apps.longitudinal.models import Prediction, PredictionScore
from apps.longitudinal.services.scoring import scores_sweep
from apps.registry.models import PipelineVersion
from apps.studies.models import Patient, Series, Study

THREADS = 6
DATES = {"base": dt.date(2024, 1, 3), "actual": dt.date(2024, 7, 1)}


def sweep(_: int) -> int:
    try:
        return scores_sweep()
    finally:
        connection.close()


def main() -> None:
    call_command("migrate", verbosity=0)
    taken = [{"name": name, "title": name} for name in ("base", "actual", "predicted")]
    PipelineVersion.objects.create(
        name="score_prediction",
        version="1",
        queue="gpu",
        time_limit_s=1,
        state="available",
        inputs=[{**one, "synthetic": True} for one in taken],
    )
    patient = Patient.objects.create(identity="p")
    now = timezone.now()
    for number, (name, date) in enumerate([*DATES.items(), ("predicted", DATES["base"])]):
        study = Study.objects.create(
            study_uid=f"2.25.{number}",
            orthanc_id=name,
            patient=patient,
            study_date=date,
            date_key=date,
            received_at=now,
        )
        Series.objects.create(
            series_uid=name,
            orthanc_id=name,
            study=study,
            kind="image",
            modality="MR",
            geometry_kind="regular",
            geometry_slices=10,
            ai_generated=name == "predicted",
            complete=True,
            grew_at=now,
        )
    Prediction.objects.create(
        job=job_create(user=None, pipeline="p", version="1", inputs={}, params={}),
        person="p",
        base_series_uid="base",
        base_study_uid="2.25.0",
        days=180,
        treatment="none",
        samples=1,
        target_date=DATES["actual"],
        series={"predicted": "predicted"},
        content={},
    )
    with ThreadPoolExecutor(THREADS) as pool:
        started = list(pool.map(sweep, range(THREADS)))
    counts = {
        "started": sum(started),
        "scores": PredictionScore.objects.count(),
        "jobs": Job.objects.filter(pipeline="score_prediction").count(),
    }
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
