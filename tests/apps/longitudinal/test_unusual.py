"""Images that the gate holds back: run all the same, by those who may, for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.jobs.models import Job
from tests.apps.longitudinal.conftest import (
    CHANGE,
    PREDICTION,
    AsUser,
    Json,
    Visit,
    changed,
    run_play,
)

pytestmark = pytest.mark.django_db
REASON = "The clip is small and far from the lesions."
HELD_BACK: Json = {
    "code": "input_unusual",
    "user_message": "This image is unlike those of training.",
}


@pytest.fixture(params=["comparisons", "predictions"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def body(kind: str, pipelines: None, visit: Visit) -> Json:
    base = visit("2024-01-02").series_uid
    if kind == "predictions":
        return {"base": base, "days": 180}
    return {"base": base, "follow": visit("2025-01-02").series_uid}


def _written(kind: str) -> Json:
    if kind == "predictions":
        return {"prediction-json": changed(PREDICTION)}
    return {"change-json": changed(CHANGE)}


def test_what_was_held_back_is_run_for_a_reason(
    as_user: AsUser, clinician: User, researcher: User, tmp_path: Path, kind: str, body: Json
) -> None:
    asked = as_user(researcher).post(f"/api/v1/{kind}", body, format="json").json()
    job = Job.objects.get()
    run_play(job, tmp_path / "a", {}, outcome="failed", **HELD_BACK)
    url = f"/api/v1/{kind}/{asked['id']}"
    told = as_user(clinician).get(url).json()
    assert (told["error"]["code"], told["override_reason"]) == ("input_unusual", "")

    retry, reason = f"/api/v1/jobs/{job.pk}/retry", {"override_reason": REASON}
    assert as_user(researcher).post(retry, reason, format="json").status_code == 403
    again = as_user(clinician).post(retry, reason, format="json")
    assert again.status_code == 201, again.json()
    entry = AuditEntry.objects.get(action="job.run", object_id=again.json()["id"])
    assert entry.detail["gate_overridden"] is True
    assert "clip" not in str(entry.detail)

    # A page that is loaded now shows the new run, not the one that came to nothing.
    told = as_user(clinician).get(url).json()
    assert (told["state"], told["job"], told["error"]) == ("queued", again.json()["id"], None)
    assert told["override_reason"] == REASON
    study_uid = told["base_study_uid"]
    timeline = as_user(clinician).get(f"/api/v1/studies/{study_uid}/timeline").json()
    assert [one["job"] for one in timeline[kind]] == [again.json()["id"]]
    run_play(Job.objects.get(pk=again.json()["id"]), tmp_path / "b", _written(kind))
    told = as_user(clinician).get(url).json()
    assert (told["state"], told["override_reason"]) == ("succeeded", REASON)
    assert told["content"] is not None


def test_the_reason_may_be_given_at_once(
    as_user: AsUser, clinician: User, researcher: User, kind: str, body: Json
) -> None:
    given = {**body, "override_reason": REASON}
    refused = as_user(researcher).post(f"/api/v1/{kind}", given, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    short = {**body, "override_reason": "because"}
    assert as_user(clinician).post(f"/api/v1/{kind}", short, format="json").status_code == 400
    assert not Job.objects.exists()
    made = as_user(clinician).post(f"/api/v1/{kind}", given, format="json")
    assert (made.status_code, made.json()["override_reason"]) == (201, REASON)
    assert Job.objects.get().override_reason == REASON
