"""Asking for predictions, and how they follow their job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ml.api
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.inference.eligibility import input_reasons
from apps.jobs.models import Job
from apps.longitudinal.models import Prediction
from apps.studies.models import Series
from tests.apps.longitudinal.conftest import (
    PREDICTION,
    AsUser,
    Predicted,
    Visit,
    changed,
    run_play,
    series_make,
)

pytestmark = pytest.mark.django_db


def _ask(client: Any, base: Series, key: str = "", **more: Any) -> Any:
    body = {"base": base.series_uid, "days": 180, **more}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/predictions", body, format="json", headers=headers)


def test_a_prediction_is_asked_for(
    as_user: AsUser, researcher: User, pipelines: None, visit: Visit
) -> None:
    prior, base = visit("2023-06-01"), visit("2024-01-02")
    client = as_user(researcher)
    asked = {"prior": prior.series_uid, "treatment": "radiotherapy", "samples": 4}
    first, again = (_ask(client, base, "k", **asked) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    told = first.json()
    assert told["id"] == again.json()["id"]
    assert (told["target_date"], told["treatment"]) == ("2024-06-30", "radiotherapy")
    assert (told["state"], told["expected"], told["scores"]) == ("queued", None, [])
    job = Job.objects.get()
    assert job.inputs == {"base": base.series_uid, "prior": prior.series_uid}
    assert job.params == {"days": 180, "treatment": "radiotherapy", "samples": 4}
    entry = AuditEntry.objects.get(action="followup.predict")
    assert (entry.object_id, entry.detail["days"]) == (told["id"], 180)
    listed = client.get(f"/api/v1/predictions?study_uid={prior.study.study_uid}").json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]
    assert _ask(client, base, "k", days=90).json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("prior", "base", "code"),
    [
        ({}, {"ai_generated": True}, "synthetic_input"),
        ({"ai_generated": True}, {}, "synthetic_input"),
        ({"modality": "CT"}, {}, "modality_mismatch"),
        ({"date": "2025-01-01"}, {}, "reversed_order"),
        ({"body_part": "KNEE"}, {}, "different_body_part"),
    ],
)
def test_what_cannot_be_predicted_from_is_refused(
    as_user: AsUser,
    clinician: User,
    pipelines: None,
    visit: Visit,
    prior: dict[str, Any],
    base: dict[str, Any],
    code: str,
) -> None:
    earlier = visit(prior.pop("date", "2023-01-01"), **prior)
    answer = _ask(as_user(clinician), visit("2024-01-02", **base), prior=earlier.series_uid)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "change", [{"days": 0}, {"days": 99999}, {"treatment": "hope"}, {"samples": 0}]
)
def test_questions_that_nobody_can_answer(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit, change: dict[str, Any]
) -> None:
    answer = _ask(as_user(clinician), visit("2024-01-02"), **change)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_without_a_date_there_is_no_target(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit
) -> None:
    told = _ask(as_user(clinician), visit(None)).json()
    assert told["target_date"] is None
    assert [one["code"] for one in told["warnings"]] == ["date_missing"]


def test_a_prediction_follows_its_run(
    as_user: AsUser, clinician: User, visit: Visit, predicted: Predicted
) -> None:
    row = predicted(visit("2024-01-02"))
    told = as_user(clinician).get(f"/api/v1/predictions/{row.pk}").json()
    assert (told["state"], told["model_version"]) == ("succeeded", "flow-1")
    assert told["expected"] == PREDICTION["volumes"][-1]
    assert told["beats_carry_forward"] is True
    assert set(told["series"]) == {"predicted", "growth-probability"}
    assert told["content"]["carry_forward_ml"] == 10.0
    assert {one["key"] for one in told["artifacts"]} == {
        "predicted",
        "growth-probability",
        "prediction-json",
    }
    assert (told["pipeline_version"], len(told["model_sha256"])) == ("1.0.0", 64)


def test_a_prediction_that_says_nothing_is_told(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit, tmp_path: Path
) -> None:
    client = as_user(clinician)
    asked = _ask(client, visit("2024-01-02")).json()
    content = changed(PREDICTION, volumes=[])
    run_play(Job.objects.get(), tmp_path / "out", {"prediction-json": content})
    told = client.get(f"/api/v1/predictions/{asked['id']}").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "result_refused")
    assert Prediction.objects.get().series == {}


@pytest.mark.parametrize("pipeline", ["segment_head", "draft_report", "compare_scans"])
def test_no_run_measures_what_was_predicted(pipeline: str) -> None:
    """As the shipped manifests have it; a simulated patient is measured."""
    manifest = next(one for one in ml.api.manifests() if one.name == pipeline)
    simulated = Series(
        kind="image", complete=True, synthetic=True, ai_generated=True, device="Head simulator"
    )
    predicted = Series(
        kind="image",
        complete=True,
        synthetic=True,
        ai_generated=True,
        description="SYNTHETIC PREDICTED day +180 none",
    )
    for spec in manifest.inputs:
        codes = [[one.code for one in input_reasons(x, spec)] for x in (simulated, predicted)]
        assert "synthetic_input" not in codes[0]
        assert "synthetic_input" in codes[1]


def test_nobody_measures_on_what_was_predicted(
    as_user: AsUser, clinician: User, visit: Visit
) -> None:
    scan = visit("2024-01-02")
    made = series_make(scan.study, ai_generated=True, description="SYNTHETIC PREDICTED day +180 T1")
    client = as_user(clinician)
    address = f"/api/v1/studies/{scan.study.study_uid}/annotations"
    drawn = {"tool": "Length", "geometry": {"points": [[0, 0, 0], [1, 1, 1]]}, "value": 1.0}
    refused = client.post(address, {**drawn, "series_uid": made.series_uid}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "predicted_image")
    kept = client.post(address, {**drawn, "series_uid": scan.series_uid}, format="json")
    assert kept.status_code == 201, kept.json()
    moved = {**drawn, "series_uid": made.series_uid, "version": 1}
    answer = client.put(f"/api/v1/annotations/{kept.json()['id']}", moved, format="json")
    assert answer.json()["code"] == "predicted_image"
    structure = {"name": "GTV", "interpreted_type": "GTV", "colour": [1, 2, 3], "runs": "AAAAAA=="}
    contours = client.post(
        f"/api/v1/studies/{scan.study.study_uid}/structures",
        {"series_uid": made.series_uid, "structures": [structure]},
        format="json",
    )
    assert (contours.status_code, contours.json()["code"]) == (422, "predicted_image")
