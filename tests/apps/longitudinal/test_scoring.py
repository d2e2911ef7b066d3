"""Predictions are held against the scans that come, by themselves and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry
from apps.jobs.models import Job
from apps.longitudinal import tasks
from apps.longitudinal.models import Prediction, PredictionScore
from apps.longitudinal.services.scoring import scores_sweep
from apps.registry.models import PipelineVersion
from apps.studies.models import IntakeCursor, Patient, Series
from tests.apps.longitudinal.conftest import (
    AsUser,
    Predicted,
    Visit,
    score_play,
    series_make,
)

pytestmark = pytest.mark.django_db
# 180 days after 2024-01-03; the window is 18 days either way.
BASE, TARGET, EARLY, LATE = "2024-01-03", "2024-07-01", "2024-06-13", "2024-07-19"


def _scores() -> list[str]:
    return list(PredictionScore.objects.values_list("actual_series_uid", flat=True))


def test_the_scan_that_was_waited_for_is_scored_once(
    as_user: AsUser, clinician: User, visit: Visit, predicted: Predicted, tmp_path: Path
) -> None:
    base = visit(BASE)
    row = predicted(base)
    assert scores_sweep() == 0
    actual = visit(TARGET)
    assert [scores_sweep() for _ in range(3)] == [1, 0, 0]
    score = PredictionScore.objects.get()
    assert score.job is not None
    assert score.job.created_by == clinician
    assert score.job.study_uid == actual.study.study_uid
    assert score.job.params == {"prediction": row.content}
    assert score.job.inputs == {
        "actual": actual.series_uid,
        "base": base.series_uid,
        "predicted": row.series["predicted"],
        "probability": row.series["growth-probability"],
    }
    entry = AuditEntry.objects.get(action="followup.score")
    assert (entry.actor_name, entry.study_uid) == ("system", actual.study.study_uid)

    client = as_user(clinician)
    address = f"/api/v1/studies/{base.study.study_uid}/timeline"
    shown = client.get(address).json()["predictions"][0]["scores"][0]
    assert (shown["state"], shown["inside_interval"]) == ("queued", None)
    score_play(score, tmp_path)
    shown = client.get(address).json()["predictions"][0]["scores"][0]
    assert (shown["state"], shown["inside_interval"], shown["actual_ml"]) == (
        "succeeded",
        True,
        13.2,
    )
    told = client.get(f"/api/v1/predictions/{row.pk}").json()["scores"][0]
    assert told["content"]["delta_rmae"] == 0.7
    assert [one["key"] for one in told["artifacts"]] == ["score-json"]
    assert scores_sweep() == 0


@pytest.mark.parametrize(
    ("date", "changes", "scored"),
    [
        (EARLY, {}, True),
        (LATE, {}, True),
        ("2024-06-12", {}, False),
        ("2024-07-20", {}, False),
        (TARGET, {"ai_generated": True}, False),
        (TARGET, {"modality": "CT"}, False),
        (TARGET, {"complete": False}, False),
        (TARGET, {"kind": "seg"}, False),
        (TARGET, {"description": "T2 FLAIR"}, False),
        (TARGET, {"description": "Series 3"}, True),
        (TARGET, {"synthetic": True, "ai_generated": True}, True),
        (TARGET, {"synthetic": True, "ai_generated": True, "derived_from": ["2.25.1"]}, False),
        (TARGET, {"body_part": "KNEE"}, False),
        (TARGET, {"birth_date": "1990-01-01"}, True),
        (None, {}, False),
    ],
)
def test_which_scans_fit(
    visit: Visit,
    predicted: Predicted,
    date: str | None,
    changes: dict[str, Any],
    scored: bool,
) -> None:
    predicted(visit(BASE))
    visit(date, **changes)
    assert scores_sweep() == int(scored)


def test_another_person_with_the_same_number(visit: Visit, predicted: Predicted) -> None:
    predicted(visit(BASE, birth_date="1950-01-01"))
    visit(TARGET, birth_date="1990-01-01")
    visit(TARGET, patient=Patient.objects.create(identity="other"))
    assert scores_sweep() == 0


def test_the_series_that_was_taken_most_alike_is_chosen(visit: Visit, predicted: Predicted) -> None:
    predicted(visit(BASE, description="t1_mprage_sag"))
    study = visit(TARGET, description="T2 tse").study
    series_make(study, description="T1 se axial thick", geometry_spacing=[5, 1, 1])
    wanted = series_make(study, description="t1_mprage_sag")
    series_make(study, description="t1_mprage_sag", ai_generated=True)
    late = series_make(study, description="localizer", complete=False)
    assert scores_sweep() == 0  # the study is still arriving
    Series.objects.filter(pk=late.pk).update(complete=True)
    assert scores_sweep() == 1
    assert _scores() == [wanted.series_uid]
    # What comes later of the same visit changes nothing.
    series_make(study, description="t1_mprage_sag")
    assert scores_sweep() == 0


def test_it_waits_until_the_predicted_series_is_in_the_archive(
    visit: Visit, predicted: Predicted
) -> None:
    row = predicted(visit(BASE))
    Series.objects.filter(series_uid=row.series["predicted"]).update(complete=False)
    visit(TARGET)
    assert scores_sweep() == 0
    Series.objects.filter(series_uid=row.series["predicted"]).update(complete=True)
    assert scores_sweep(row.pk) == 1


def test_a_scan_that_cannot_be_scored_is_told_and_not_asked_again(
    as_user: AsUser, clinician: User, visit: Visit, predicted: Predicted
) -> None:
    row = predicted(visit(BASE))
    visit(TARGET, geometry_kind="gapped")
    assert [scores_sweep(), scores_sweep()] == [0, 0]
    told = as_user(clinician).get(f"/api/v1/predictions/{row.pk}").json()["scores"]
    assert [(one["state"], one["error"]["code"]) for one in told] == [("failed", "input_refused")]
    assert not Job.objects.filter(pipeline="score_prediction").exists()


def test_it_is_tried_again_when_the_pipeline_was_off(visit: Visit, predicted: Predicted) -> None:
    predicted(visit(BASE))
    visit(TARGET)
    PipelineVersion.objects.filter(name="score_prediction").update(enabled=False)
    assert scores_sweep() == 0
    assert _scores() == []
    PipelineVersion.objects.filter(name="score_prediction").update(enabled=True)
    assert scores_sweep() == 1


def test_who_has_left_is_stood_in_for(visit: Visit, predicted: Predicted, researcher: User) -> None:
    predicted(visit(BASE), user=researcher)
    User.objects.filter(pk=researcher.pk).update(is_active=False, roles=[Role.RESEARCHER])
    visit(TARGET)
    assert scores_sweep() == 1
    assert Job.objects.get(pipeline="score_prediction").created_by is None


def test_the_tick_looks_when_the_index_has_changed(visit: Visit, predicted: Predicted) -> None:
    predicted(visit(BASE))
    tasks.predictions_sweep()
    visit(TARGET)
    tasks.predictions_sweep()
    assert _scores() == []  # the index says that nothing has come
    IntakeCursor.objects.update_or_create(pk=1, defaults={"revision": 7})
    tasks.predictions_sweep()
    assert len(_scores()) == 1


def test_a_lost_message_costs_time_only(
    visit: Visit, predicted: Predicted, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted(visit(BASE))
    tasks.predictions_sweep()
    visit(TARGET)
    monkeypatch.setattr(tasks, "SWEEP_AT_LEAST_S", 0.0)
    tasks.predictions_sweep()
    assert len(_scores()) == 1


def test_a_prediction_looks_for_its_scan_when_it_is_made(
    visit: Visit,
    predicted: Predicted,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(
        "apps.longitudinal.services.wake.current_app.send_task",
        lambda name, args=(), **_: sent.append((name, *args)),
    )
    base = visit(BASE)
    visit(TARGET)
    with django_capture_on_commit_callbacks(execute=True):
        row = predicted(base)
    assert (tasks.prediction_score.name, str(row.pk)) in sent
    tasks.prediction_score(str(row.pk))
    assert len(_scores()) == 1


@pytest.mark.parametrize("predictions", [2, 12])
def test_a_sweep_costs_the_same_for_any_number(
    visit: Visit,
    predicted: Predicted,
    django_assert_num_queries: DjangoAssertNumQueries,
    predictions: int,
) -> None:
    base = visit(BASE)
    for _ in range(predictions):
        predicted(base)
    visit(TARGET, complete=False)
    # Keys, predictions, scores, patients, studies, images, series.
    with django_assert_num_queries(7):
        assert scores_sweep() == 0
    assert Prediction.objects.count() == predictions
