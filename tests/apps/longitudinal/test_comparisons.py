"""Asking for comparisons, and how they follow their job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.inference.models import Artifact
from apps.inference.request import inference_request
from apps.jobs.models import Job
from apps.longitudinal.content import ContentRefused, content_read
from apps.longitudinal.models import Comparison
from apps.studies import extensions
from apps.studies.models import Patient, Series
from tests.apps.longitudinal.conftest import (
    CHANGE,
    AsUser,
    Compared,
    Visit,
    changed,
    run_play,
    series_make,
)

pytestmark = pytest.mark.django_db
# As the simulator of the product marks what it writes.
SIMULATED = {"synthetic": True, "ai_generated": True, "device": "Synoptic head simulator"}


def _ask(client: Any, base: Series, follow: Series, key: str = "", **more: Any) -> Any:
    body = {"base": base.series_uid, "follow": follow.series_uid, **more}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/comparisons", body, format="json", headers=headers)


@pytest.mark.parametrize("kind", ["register", "change"])
def test_a_comparison_is_asked_for(
    as_user: AsUser, researcher: User, pipelines: None, visit: Visit, kind: str
) -> None:
    base, follow = visit("2024-01-02"), visit("2025-01-02")
    client = as_user(researcher)
    first, again = (_ask(client, base, follow, "k", kind=kind) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    told = first.json()
    assert told["id"] == again.json()["id"]
    assert (told["kind"], told["state"], told["days"]) == (kind, "queued", 366)
    assert (told["comparable"], told["warnings"], told["error"]) == (None, [], None)
    job = Job.objects.get()
    assert told["stream"] == f"job:{job.pk}"
    assert job.pipeline == {"register": "compare_scans", "change": "detect_change"}[kind]
    assert job.inputs == {"base": base.series_uid, "follow": follow.series_uid}
    other = _ask(client, follow, base, "k", kind=kind)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    entry = AuditEntry.objects.get(action="followup.compare")
    assert (entry.object_id, entry.study_uid) == (told["id"], follow.study.study_uid)
    listed = client.get(f"/api/v1/comparisons?study_uid={base.study.study_uid}").json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]
    Comparison.objects.all().delete()
    assert _ask(client, base, follow, "k", kind=kind).json()["code"] == "comparison_gone"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "2020-01-01"}, "reversed_order"),
        ({"date": "2024-01-02", "time": "07:00"}, "reversed_order"),
        ({"ai_generated": True}, "synthetic_input"),
        ({**SIMULATED, "device": "", "derived_from": ["2.25.1"]}, "synthetic_input"),
        ({**SIMULATED, "device": "ACME Generator"}, "synthetic_input"),
        ({**SIMULATED, "description": "SYNTHETIC PREDICTED day +9"}, "synthetic_input"),
        ({"body_part": "KNEE"}, "different_body_part"),
        ({"modality": "CT"}, "modality_mismatch"),
        ({"birth_date": "1990-01-01"}, "different_patient"),
    ],
)
def test_what_is_no_pair_is_refused_before_there_is_a_job(
    as_user: AsUser,
    clinician: User,
    pipelines: None,
    visit: Visit,
    changes: dict[str, Any],
    code: str,
) -> None:
    base = visit("2024-01-02", time="08:00", birth_date="1950-01-01")
    follow = visit(changes.pop("date", "2025-01-02"), **changes)
    answer = _ask(as_user(clinician), base, follow)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.json()
    assert [one["code"] for one in answer.json()["errors"]] == [code]
    assert not Job.objects.exists()
    assert not Comparison.objects.exists()


def test_every_reason_is_told_and_strangers_are_never_compared(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit
) -> None:
    base = visit("2024-01-02")
    other = Patient.objects.create(identity="other")
    follow = visit("2020-01-02", patient=other, modality="CT", ai_generated=True)
    told = _ask(as_user(clinician), base, follow).json()
    assert [one["code"] for one in told["errors"]] == [
        "synthetic_input",
        "different_patient",
        "modality_mismatch",
        "reversed_order",
    ]
    bent = _ask(as_user(clinician), base, follow, kind="change", deformable=True)
    assert (bent.status_code, bent.json()["code"]) == (422, "deformable_change")
    same = _ask(as_user(clinician), base, base).json()
    assert (same["code"], len(same["errors"])) == ("same_series", 1)
    unknown = Series(series_uid="2.25.404")
    assert _ask(as_user(clinician), base, unknown).json()["code"] == "series_not_found"


def test_copies_that_a_run_made_are_no_scans(
    as_user: AsUser, clinician: User, visit: Visit, compared: Compared
) -> None:
    base, follow = visit("2024-01-02"), visit("2025-01-02")
    done = compared(base, follow)
    copy = series_make(base.study)
    Artifact.objects.create(job=done.job, key="registered", series_uid=copy.series_uid)
    client = as_user(clinician)
    assert _ask(client, copy, follow).json()["code"] == "synthetic_input"
    study = client.get(f"/api/v1/studies/{base.study.study_uid}/timeline").json()["studies"][0]
    marks = {one["series_uid"]: one["ai_generated"] for one in study["series"]}
    assert marks == {base.series_uid: False, copy.series_uid: True}


def test_what_is_only_odd_is_warned_of(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit
) -> None:
    client = as_user(clinician)
    base = visit("2024-01-02", body_part="BRAIN", **SIMULATED)
    same_day = _ask(client, base, visit("2024-01-02")).json()
    undated = _ask(client, base, visit(None, body_part="")).json()
    assert [one["code"] for one in same_day["warnings"]] == ["same_date"]
    assert [one["code"] for one in undated["warnings"]] == ["date_missing"]
    assert (same_day["days"], undated["days"]) == (0, None)
    across = _ask(client, base, visit("2024-05-01", modality="CT"), kind="register")
    assert across.status_code == 201


def test_a_comparison_follows_its_run(
    as_user: AsUser, clinician: User, visit: Visit, compared: Compared
) -> None:
    row = compared(visit("2024-01-02"), visit("2025-01-02"))
    client = as_user(clinician)
    told = client.get(f"/api/v1/comparisons/{row.pk}").json()
    assert (told["state"], told["comparable"], told["score"]) == ("succeeded", True, 0.87)
    assert told["summary"] == {
        "lesions": 0,
        "new": 2,
        "resolved": 0,
        "base_ml": 4.2,
        "follow_ml": 5.0,
    }
    assert told["content"]["regions"][0]["label"] == 17
    assert told["content"]["registration"]["matrix"][0][3] == 100
    assert [one["key"] for one in told["artifacts"]] == ["change-json"]
    assert told["ai_generated"] is True
    missing = client.get(f"/api/v1/comparisons/{row.job_id}")
    assert missing.json()["code"] == "comparison_not_found"


def test_a_registration_alone_tells_whether_it_can_be_compared(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit, tmp_path: Path
) -> None:
    client = as_user(clinician)
    told = _ask(client, visit("2024-01-02"), visit("2025-01-02"), kind="register").json()
    content = {
        "format": "synoptic-comparability",
        "format_version": 1,
        "comparability": {**CHANGE["comparability"], "comparable": False, "score": 0.2},
    }
    run_play(Job.objects.get(), tmp_path / "out", {"comparability-json": content})
    told = client.get(f"/api/v1/comparisons/{told['id']}").json()
    assert (told["state"], told["comparable"], told["score"]) == ("succeeded", False, 0.2)
    assert told["lesions"] == []


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"{", ""),
        (b"[]", "format"),
        (b'{"format": NaN}', ""),
        (json.dumps({**CHANGE, "format_version": 2}).encode(), "format_version"),
        (json.dumps({**CHANGE, "lesions": [{"track": ""}]}).encode(), "lesions.0"),
        (json.dumps({**CHANGE, "days": "P1\x00"}).encode(), ""),
        (b" " * (4 * 1024**2 + 1), ""),
    ],
)
def test_a_result_that_cannot_be_read_is_told(
    as_user: AsUser,
    clinician: User,
    pipelines: None,
    visit: Visit,
    tmp_path: Path,
    content: bytes,
    place: str,
) -> None:
    client = as_user(clinician)
    asked = _ask(client, visit("2024-01-02"), visit("2025-01-02")).json()
    run_play(Job.objects.get(), tmp_path / "out", {"change-json": content})
    told = client.get(f"/api/v1/comparisons/{asked['id']}").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "result_refused")
    assert told["content"] is None
    assert "P1" not in told["error"]["user_message"]
    with pytest.raises(ContentRefused) as refused:
        content_read("change", content)
    assert refused.value.place == place


def test_a_failed_run_that_is_run_again_brings_its_comparison(
    as_user: AsUser, clinician: User, pipelines: None, visit: Visit, tmp_path: Path
) -> None:
    client = as_user(clinician)
    asked = _ask(client, visit("2024-01-02"), visit("2025-01-02")).json()
    job = Job.objects.get()
    ended: dict[str, Any] = {"code": "out_of_memory", "user_message": "Too large."}
    run_play(job, tmp_path / "a", {}, outcome="failed", **ended)
    told = client.get(f"/api/v1/comparisons/{asked['id']}").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "out_of_memory")
    again, _ = inference_request(
        user=clinician, pipeline=job.pipeline, inputs=job.inputs, params={}, retry_of=job
    )
    told = client.get(f"/api/v1/comparisons/{asked['id']}").json()
    assert (told["state"], told["job"], told["error"]) == ("queued", str(again.pk), None)
    run_play(again, tmp_path / "b", {"change-json": changed(CHANGE)})
    told = client.get(f"/api/v1/comparisons/{asked['id']}").json()
    assert (told["state"], told["job"], told["error"]) == ("succeeded", str(again.pk), None)


@pytest.mark.parametrize("which", [0, 1])
def test_a_comparison_goes_with_either_study(visit: Visit, compared: Compared, which: int) -> None:
    pair = visit("2024-01-02"), visit("2025-01-02")
    compared(*pair)
    extensions.remove(pair[which].study.study_uid)
    assert not Comparison.objects.exists()
