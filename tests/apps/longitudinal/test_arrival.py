"""From the archive to the scoring: the real scan comes by the real intake."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

import pytest

from apps.longitudinal import tasks
from apps.longitudinal.models import PredictionScore
from apps.pacs.store import instance_store, study_remove
from apps.studies.intake import follow
from apps.studies.intake.follow import Follower
from apps.studies.models import IntakeCursor, Patient, Series
from tests.apps.longitudinal.conftest import Predicted, Visit
from tests.factories.dicom import ct_series
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def _settle(follower: Follower, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, "intake did not get there"
        time.sleep(min(follower.step(), 0.2))


def test_a_scan_that_arrives_is_scored_at_the_next_tick(
    orthanc: Orthanc,
    visit: Visit,
    predicted: Predicted,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follow, "LOST_STABLE", dt.timedelta(0))
    with orthanc.client() as client:
        newest = client.get("/changes?last").json()["Last"]
    IntakeCursor.objects.update_or_create(pk=1, defaults={"position": newest})
    row = predicted(visit("2024-01-03"))
    tasks.predictions_sweep()

    arriving = ct_series(
        4,
        PatientID=patient.patient_id,
        IssuerOfPatientID=None,
        PatientBirthDate=None,
        StudyDate="20240701",
        Modality="MR",
        BodyPartExamined="HEAD",
        SeriesDescription="t1 mprage",
        Manufacturer="ACME",
        ManufacturerModelName="Three",
    )
    for file in arriving.files:
        instance_store(file)
    follower = Follower(threading.Event())
    here = Series.objects.filter(series_uid=arriving.series_uid)
    _settle(follower, here.filter(complete=True, instance_count=4).exists)
    series = here.get()
    assert (series.sequence, series.device) == ("T1", "ACME Three")

    tasks.predictions_sweep()
    score = PredictionScore.objects.get()
    assert (score.prediction_id, score.actual_series_uid) == (row.pk, arriving.series_uid)
    assert score.job is not None
    assert (score.job.state, score.job.study_uid) == ("queued", arriving.study_uid)
    study_remove(series.study.orthanc_id)
