"""Asking for jobs and getting at what they left, by requests as people of each role make them.

Not covered here: running a job (see test_straight_line).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.inference.models import Artifact
from apps.jobs.models import Job
from apps.jobs.services.cancel import job_cancel
from apps.registry.models import PipelineVersion
from apps.studies.models import Patient, Series, Study

AsUser = Callable[[User], APIClient]
INPUT = {"name": "image", "title": "Head MR", "modalities": ["MR"], "body_parts": ["HEAD"]}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)


@pytest.fixture
def pipeline(db: None) -> PipelineVersion:
    properties = {"words": {"type": "integer", "minimum": 1}}
    return PipelineVersion.objects.create(
        name="draft_report",
        version="1.0.0",
        queue="gpu",
        time_limit_s=60,
        state="available",
        inputs=[INPUT],
        parameters={"properties": properties, "additionalProperties": False},
    )


@pytest.fixture
def series(db: None) -> Series:
    now = timezone.now()
    study = Study.objects.create(
        study_uid="2.25.1",
        orthanc_id="o1",
        received_at=now,
        patient=Patient.objects.create(identity="1"),
    )
    return Series.objects.create(
        series_uid="2.25.2",
        orthanc_id="o2",
        study=study,
        grew_at=now,
        kind="image",
        modality="MR",
        body_part="HEAD",
        complete=True,
        rows=64,
        columns=64,
        geometry_kind="regular",
        geometry_spacing=[1, 1, 1],
        geometry_slices=64,
    )


def _ask(client: APIClient, key: str = "", **changes: Any) -> Any:
    body = {"pipeline": "draft_report", "inputs": {"image": "2.25.2"}, "params": {}, **changes}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/jobs", body, format="json", headers=headers)


def test_job_is_made_queued_and_audited(
    as_user: AsUser, researcher: User, pipeline: PipelineVersion, series: Series
) -> None:
    answer = _ask(as_user(researcher), params={"words": 2})
    assert answer.status_code == 201, answer.json()
    job = answer.json()
    assert job["stream"] == f"job:{job['id']}"
    assert (job["state"], job["position"], job["attempt"]) == ("queued", 1, 1)
    assert (job["study_uid"], job["created_by"], job["draft"]) == ("2.25.1", "rudi", None)
    entry = AuditEntry.objects.get(action="job.run")
    assert (entry.object_id, entry.study_uid) == (job["id"], "2.25.1")


def test_key_makes_one_job(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    first, again = _ask(client, "k"), _ask(client, "k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = _ask(client, "k", params={"words": 1})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Job.objects.count() == 1


def test_key_of_a_deleted_job_is_a_conflict(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    assert _ask(client, "k").status_code == 201
    Job.objects.all().delete()
    again = _ask(client, "k")
    assert (again.status_code, again.json()["code"]) == (409, "job_gone")
    assert _ask(client, "k2").status_code == 201


def test_refused_input_tells_all_reasons_and_makes_nothing(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    Series.objects.update(modality="CT", body_part="KNEE", geometry_kind="gapped")
    answer = _ask(as_user(clinician), "k")
    assert answer.status_code == 422
    assert answer.json()["code"] == "input_refused"
    codes = [reason["code"] for reason in answer.json()["errors"]]
    assert codes == ["modality", "body_part", "geometry"]
    assert Job.objects.count() == 0
    # The key is free again.
    Series.objects.update(modality="MR", body_part="HEAD", geometry_kind="regular")
    assert _ask(as_user(clinician), "k").status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"pipeline": "nothing"}, 404, "unknown_pipeline"),
        ({"inputs": {}}, 422, "input_refused"),
        ({"inputs": {"image": "2.25.99"}}, 422, "input_refused"),
        ({"inputs": {"image": "2.25.2", "more": "2.25.2"}}, 422, "input_refused"),
        ({"params": {"words": 0}}, 422, "parameters_refused"),
        ({"params": {"unknown": 0}}, 422, "parameters_refused"),
        ({"inputs": ["2.25.2"]}, 400, "validation_failed"),
        ({"params": 7}, 400, "validation_failed"),
    ],
)
def test_what_does_not_fit_is_refused(
    as_user: AsUser,
    clinician: User,
    pipeline: PipelineVersion,
    series: Series,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = _ask(as_user(clinician), **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Job.objects.count() == 0


def test_switched_off_pipeline_serves_nobody(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    PipelineVersion.objects.update(enabled=False)
    client = as_user(clinician)
    assert _ask(client).json()["code"] == "pipeline_disabled"
    told = client.get("/api/v1/pipelines/draft_report/eligibility?series_uid=2.25.2").json()
    assert told["ok"] is False
    assert told["reasons"][0]["code"] == "pipeline_disabled"


def test_eligibility(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client, path = as_user(clinician), "/api/v1/pipelines/draft_report/eligibility"
    fits = client.get(f"{path}?series_uid=2.25.2").json()
    assert fits == {"ok": True, "reasons": []}
    Series.objects.update(modality="CT")
    told = client.get(f"{path}?series_uid=2.25.2").json()
    assert [reason["code"] for reason in told["reasons"]] == ["modality"]
    assert client.get(f"{path}?series_uid=2.25.9").status_code == 404
    assert client.get(f"{path}?series_uid=2.25.2&input=x").status_code == 404


def test_list_filters_and_pages(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    made = [_ask(client).json()["id"] for _ in range(3)]
    job_cancel(Job.objects.get(pk=made[0]).pk)
    listed = client.get("/api/v1/jobs?state=queued&limit=1").json()
    assert [job["id"] for job in listed["results"]] == [made[2]]
    following = client.get(f"/api/v1/jobs?state=queued&limit=1&cursor={listed['next']}").json()
    assert [job["id"] for job in following["results"]] == [made[1]]
    both = client.get("/api/v1/jobs?state=queued&state=cancelled&study_uid=2.25.1").json()
    assert both["total"] == 3
    assert client.get("/api/v1/jobs?study_uid=2.25.7").json()["results"] == []
    assert client.get("/api/v1/jobs?state=odd").status_code == 400


def test_list_costs_the_same_for_many(
    as_user: AsUser,
    clinician: User,
    pipeline: PipelineVersion,
    series: Series,
    django_assert_max_num_queries: Any,
) -> None:
    client = as_user(clinician)
    for _ in range(12):
        _ask(client)
    with django_assert_max_num_queries(4):
        assert len(client.get("/api/v1/jobs").json()["results"]) == 12


def test_researcher_stops_only_own_jobs(
    as_user: AsUser,
    clinician: User,
    researcher: User,
    pipeline: PipelineVersion,
    series: Series,
) -> None:
    theirs = _ask(as_user(clinician)).json()["id"]
    own = _ask(as_user(researcher)).json()["id"]
    client = as_user(researcher)
    assert client.post(f"/api/v1/jobs/{theirs}/cancel").status_code == 403
    assert client.post(f"/api/v1/jobs/{own}/cancel").json()["state"] == "cancelled"
    assert Job.objects.get(pk=theirs).state == "queued"
    assert AuditEntry.objects.filter(action="job.cancel").count() == 1


def test_retry_makes_a_new_job_of_the_same(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    job = _ask(client, "k", params={"words": 4}).json()
    early = client.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (early.status_code, early.json()["code"]) == (409, "job_not_finished")
    job_cancel(Job.objects.get(pk=job["id"]).pk)
    headers = {"Idempotency-Key": "k"}
    again = client.post(f"/api/v1/jobs/{job['id']}/retry", headers=headers)
    assert again.status_code == 201
    assert again.json()["id"] != job["id"]
    assert (again.json()["params"], again.json()["retry_of"]) == ({"words": 4}, job["id"])
    assert client.post(f"/api/v1/jobs/{job['id']}/retry", headers=headers).status_code == 200


def test_retry_with_a_reason_passes_the_gate(
    as_user: AsUser,
    clinician: User,
    researcher: User,
    pipeline: PipelineVersion,
    series: Series,
) -> None:
    job = _ask(as_user(clinician)).json()
    job_cancel(Job.objects.get(pk=job["id"]).pk)
    url, reason = f"/api/v1/jobs/{job['id']}/retry", {"override_reason": REASON}
    assert as_user(researcher).post(url, reason, format="json").status_code == 403
    short = as_user(clinician).post(url, {"override_reason": "because"}, format="json")
    assert short.status_code == 400
    again = as_user(clinician).post(url, reason, format="json")
    assert again.status_code == 201
    assert again.json()["override_reason"] == REASON


def test_events_by_rest(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    job = _ask(client).json()
    path = f"/api/v1/jobs/{job['id']}/events"
    told = client.get(path).json()
    assert (told["head"], told["finished"]) == (1, False)
    assert told["events"][0]["type"] == "job.queued"
    assert client.get(f"{path}?after=1").json()["events"] == []
    reset = client.get(f"{path}?after=1&epoch=other").json()["reset"]
    assert (reset["seq"], reset["snapshot"]["state"]) == (1, "queued")
    for query in ("after=-1", "after=x", "wait=26", "wait=x", "after=nan"):
        assert client.get(f"{path}?{query}").status_code == 400, query
    gone = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"/api/v1/jobs/{gone}/events").status_code == 404


def test_artifact_content_stays_in_its_folder_and_is_audited(
    as_user: AsUser,
    researcher: User,
    pipeline: PipelineVersion,
    series: Series,
    data_dir: Path,
) -> None:
    client = as_user(researcher)
    job = Job.objects.get(pk=_ask(client).json()["id"])
    folder = data_dir / "artifacts" / str(job.pk)
    folder.mkdir(parents=True)
    (folder / "words.json").write_text("[1]")
    (data_dir / "secrets.json").write_text("{}")
    common = {"job": job, "kind": "json", "title": "W", "media_type": "application/json"}
    good = Artifact.objects.create(key="words", path=f"artifacts/{job.pk}/words.json", **common)
    bad = Artifact.objects.create(key="evil", path="artifacts/../secrets.json", **common)
    answer = client.get(f"/api/v1/artifacts/{good.pk}/content")
    assert b"".join(answer) == b"[1]"
    assert "attachment" in answer["Content-Disposition"]
    refused = client.get(f"/api/v1/artifacts/{bad.pk}/content")
    assert (refused.status_code, refused.json()["code"]) == (404, "artifact_gone")
    assert AuditEntry.objects.filter(action="artifact.export").count() == 1
    listed = client.get(f"/api/v1/artifacts?job={job.pk}").json()["results"]
    assert {one["key"] for one in listed} == {"words", "evil"}
    assert all(one["ai_generated"] for one in listed)
    assert client.get("/api/v1/artifacts?job=x").status_code == 400


def test_study_shows_its_jobs(
    as_user: AsUser, clinician: User, pipeline: PipelineVersion, series: Series
) -> None:
    client = as_user(clinician)
    job = _ask(client).json()
    listed = client.get("/api/v1/studies").json()["results"][0]
    assert (listed["active_job"], listed["has_draft"]) == (job["id"], False)
    shown = client.get("/api/v1/studies/2.25.1").json()
    assert [one["id"] for one in shown["jobs"]] == [job["id"]]
    assert shown["drafts"] == []
    job_cancel(Job.objects.get().pk)
    assert client.get("/api/v1/studies").json()["results"][0]["active_job"] is None


REASON = "The metal is a shunt valve; the rest of the head is fine."


def test_gate_is_overridden_by_those_who_may_and_with_a_reason(
    as_user: AsUser,
    clinician: User,
    researcher: User,
    pipeline: PipelineVersion,
    series: Series,
) -> None:
    denied = _ask(as_user(researcher), override_reason=REASON)
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_denied")
    short = _ask(as_user(clinician), override_reason="because")
    assert short.status_code == 400
    assert not Job.objects.exists()

    answer = _ask(as_user(clinician), override_reason=REASON)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["override_reason"] == REASON
    entry = AuditEntry.objects.get(action="job.run")
    assert entry.detail["gate_overridden"] is True
    assert "shunt" not in str(entry.detail)

    Job.objects.update(state=Job.State.FAILED)
    again = f"/api/v1/jobs/{answer.json()['id']}/retry"
    assert as_user(researcher).post(again).status_code == 403
    retried = as_user(clinician).post(again)
    assert retried.json()["override_reason"] == REASON
