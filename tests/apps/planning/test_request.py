"""Asking for plans, and how they follow their job."""

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
from apps.planning.models import LimitSet, Plan, PlanTemplate
from apps.planning.services.request import PIPELINE
from apps.studies import extensions
from apps.studies.models import Patient, Series
from tests.apps.planning.conftest import RESULT, AsUser, Plans, approve, run_play, study_make

pytestmark = pytest.mark.django_db


def _ask(
    client: Any, template: PlanTemplate, inputs: dict[str, str], key: str = "", **more: Any
) -> Any:
    body = {"template": str(template.pk), "inputs": inputs, **more}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/plans", body, format="json", headers=headers)


@pytest.mark.parametrize("role", ["clinician", "researcher", "physicist", "administrator"])
def test_every_role_plans(
    request: pytest.FixtureRequest,
    as_user: AsUser,
    shipped: PlanTemplate,
    inputs: dict[str, str],
    role: str,
) -> None:
    user: User = request.getfixturevalue(role)
    answer = _ask(as_user(user), shipped, inputs, target_roi="GTV_1")
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["state"], told["study_uid"], told["unlocked"]) == ("planning", "2.25.2", False)
    assert told["template"]["version"] == told["limits"]["version"] == 1
    assert told["stream"] == f"job:{told['job']}"
    job = Job.objects.get(pk=told["job"])
    limits = LimitSet.objects.get()
    assert (job.pipeline, job.inputs) == (PIPELINE, inputs)
    assert job.params == {
        "template": shipped.body,
        "target_roi": "GTV_1",
        "limits": limits.limits,
    }
    entry = AuditEntry.objects.get(action="plan.run")
    assert (entry.object_id, entry.study_uid) == (told["id"], "2.25.2")
    assert entry.detail["changed"] is False


def test_same_key_makes_one_plan_and_one_job(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    client = as_user(clinician)
    first, again = (_ask(client, shipped, inputs, "k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = _ask(client, shipped, inputs, "k", target_roi="CTV")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert (Plan.objects.count(), Job.objects.count()) == (1, 1)
    Plan.objects.all().delete()
    assert _ask(client, shipped, inputs, "k").json()["code"] == "plan_gone"


def test_beams_may_be_set_by_hand(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    body = {**shipped.body, "beams": [{"gantry_deg": 90, "couch_deg": 0}]}
    told = _ask(as_user(clinician), shipped, inputs, body=body).json()
    plan = Plan.objects.get(pk=told["id"])
    assert plan.body["beams"] == plan.job.params["template"]["beams"] == body["beams"]
    assert AuditEntry.objects.get(action="plan.run").detail["changed"] is True
    shipped.refresh_from_db()
    assert shipped.body["beams"] == {"equispaced": 5}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"prescription_gy": 0}, "template_refused"),
        ({"prescription_gy": 500.0, "fractions": 1}, "template_refused"),
        ({"beams": []}, "template_refused"),
        ({"machine": "Linac of the cellar"}, "template_refused"),
        ({"surprise": 1}, "template_refused"),
        ({"name": "Thigh\x00"}, "template_refused"),
    ],
)
def test_what_cannot_be_planned_is_refused_and_makes_nothing(
    as_user: AsUser,
    clinician: User,
    shipped: PlanTemplate,
    inputs: dict[str, str],
    change: dict[str, Any],
    code: str,
) -> None:
    answer = _ask(as_user(clinician), shipped, inputs, body={**shipped.body, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
    assert not Plan.objects.exists()
    assert not Job.objects.exists()


def test_inputs_that_do_not_fit_are_told(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    client = as_user(clinician)
    swapped = {"image": inputs["structures"], "structures": inputs["image"]}
    answer = _ask(client, shipped, swapped)
    assert answer.status_code == 422
    assert {one["code"] for one in answer.json()["errors"]} == {"not_an_image", "not_structures"}
    missing = _ask(client, shipped, {"image": inputs["image"]}).json()
    assert [one["code"] for one in missing["errors"]] == ["input_missing"]
    assert not Plan.objects.exists()


def test_two_people_make_no_plan(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    other = study_make(3)
    answer = _ask(as_user(clinician), shipped, {**inputs, "structures": other["structures"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "other_patient")
    same = Patient.objects.get(identity="2")
    later = study_make(4, patient=same)
    mixed = {**inputs, "structures": later["structures"]}
    assert _ask(as_user(clinician), shipped, mixed).status_code == 201


def test_versions_off_offer_and_unknown_ones_are_refused(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    client = as_user(clinician)
    PlanTemplate.objects.filter(pk=shipped.pk).update(active=False)
    assert _ask(client, shipped, inputs).json()["code"] == "template_not_offered"
    unknown = PlanTemplate(name="x", version=1)
    assert _ask(client, unknown, inputs).json()["code"] == "template_not_found"
    PlanTemplate.objects.filter(pk=shipped.pk).update(active=True)
    LimitSet.objects.all().delete()
    assert _ask(client, shipped, inputs).json()["code"] == "limits_missing"


def test_the_gates_score_goes_with_a_synthetic_ct(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str]
) -> None:
    made = Job.objects.create(
        pipeline="synthetic_ct", version="1", result={"values": {"gate": {"score": 0.7}}}
    )
    Artifact.objects.create(job=made, key="sct", series_uid=inputs["image"])
    told = _ask(as_user(clinician), shipped, inputs).json()
    assert Job.objects.get(pk=told["job"]).params["synthesis"] == {"gate_score": 0.7}


def test_a_plan_follows_its_job_to_review(reviewed: Plan) -> None:
    assert (reviewed.state, reviewed.error_code) == ("review", "")
    assert reviewed.result == RESULT
    artifact = Artifact.objects.get(job=reviewed.job, key="plan-json")
    assert reviewed.result_sha256 == artifact.sha256
    assert reviewed.checks[3] == {
        "number": 4,
        "key": "external_contour",
        "title": "External contour against MR",
        "status": "warn",
        "figure": 2.6,
        "unit": "%",
    }


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_a_plan_whose_job_ends_otherwise(
    shipped: PlanTemplate,
    inputs: dict[str, str],
    as_user: AsUser,
    clinician: User,
    tmp_path: Path,
    outcome: str,
) -> None:
    told = _ask(as_user(clinician), shipped, inputs).json()
    plan = Plan.objects.get(pk=told["id"])
    run_play(plan.job, tmp_path / "out", None, outcome, code="why", user_message="Because.")
    shown = as_user(clinician).get(f"/api/v1/plans/{plan.pk}").json()
    assert shown["state"] == shown["job_state"] == outcome
    assert shown["error"] == {"code": "why", "user_message": "Because."}
    assert (shown["result"], shown["checks"], shown["required_views"]) == (None, [], [])


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in RESULT.items() if key != name}


BROKEN: list[tuple[bytes | dict[str, Any], str]] = [
    (b"", "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
    (b'{"format": "synoptic-plan", "figure": NaN}', "is not JSON"),
    (b'{"format": "synoptic-plan\\u0000"}', "odd characters"),
    (b'{"format": "\\ud800"}', "odd characters"),
    (b"[]", "format is not synoptic-plan"),
    ({**RESULT, "format": "other"}, "format is not synoptic-plan"),
    ({**RESULT, "format_version": 2}, "format_version is not 1"),
    (_without("checks"), "breaks the rule 'required'"),
    ({**RESULT, "checks": []}, "checks breaks the rule 'minItems'"),
    ({**RESULT, "checks": [RESULT["checks"][0]] * 2}, "checks names a number twice"),
    ({**RESULT, "dvh": [{**RESULT["dvh"][0], "dose_gy": [1.0]}]}, "dvh.0 has not as many"),
    ({**RESULT, "dose_grid": {**RESULT["dose_grid"], "shape": [9**9, 2, 2]}}, "dose_grid.shape"),
    ({**RESULT, "warnings": [{"code": "x", "text": "x" * 1001}]}, "warnings.0.text"),
]


@pytest.mark.parametrize(("content", "rule"), BROKEN)
def test_a_result_that_cannot_be_read_is_no_plan_to_approve(
    plan_in_review: Plans, content: bytes | dict[str, Any], rule: str
) -> None:
    plan = plan_in_review(result=content)
    assert (plan.state, plan.error_code, plan.result) == ("failed", "result_refused", None)
    assert rule in plan.error_message
    assert Job.objects.get(pk=plan.job_id).state == "succeeded"


def test_a_result_that_is_too_large_is_refused(
    plan_in_review: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.planning.services.follow.BYTES_MAX", 100)
    assert "too large" in plan_in_review().error_message


def test_a_run_without_a_result_fails(
    as_user: AsUser, clinician: User, shipped: PlanTemplate, inputs: dict[str, str], tmp_path: Path
) -> None:
    told = _ask(as_user(clinician), shipped, inputs).json()
    plan = Plan.objects.get(pk=told["id"])
    run_play(plan.job, tmp_path, None)
    plan.refresh_from_db()
    assert (plan.state, plan.error_code) == ("failed", "result_refused")


def test_other_jobs_leave_no_plan(
    clinician: User, inputs: dict[str, str], shipped: PlanTemplate, tmp_path: Path
) -> None:
    job, _ = inference_request(
        user=clinician, pipeline=PIPELINE, inputs=inputs, params={"template": {}}
    )
    run_play(job, tmp_path, json.dumps(RESULT).encode())
    assert not Plan.objects.exists()


def test_planning_again_keeps_the_history(
    as_user: AsUser,
    physicist: User,
    shipped: PlanTemplate,
    inputs: dict[str, str],
    plan_in_review: Plans,
) -> None:
    first = plan_in_review()
    approve(first, physicist)
    client = as_user(physicist)
    told = _ask(client, shipped, inputs, predecessor=str(first.pk)).json()
    assert told["predecessor"] == str(first.pk)
    shown = client.get(f"/api/v1/plans/{first.pk}").json()
    assert (shown["state"], shown["successors"]) == ("approved", [told["id"]])
    assert [one["kind"] for one in shown["decisions"]] == ["approved"]
    busy = _ask(client, shipped, inputs, predecessor=told["id"])
    assert (busy.status_code, busy.json()["code"]) == (409, "predecessor_planning")


def test_a_job_that_is_run_again_is_another_plan(
    as_user: AsUser, clinician: User, plan_in_review: Plans, tmp_path: Path
) -> None:
    first = plan_in_review(result=b"broken")
    again = as_user(clinician).post(f"/api/v1/jobs/{first.job_id}/retry")
    assert again.status_code == 201, again.json()
    job = Job.objects.get(pk=again.json()["id"])
    run_play(job, tmp_path / "again", json.dumps(RESULT).encode())
    second = Plan.objects.get(job=job)
    assert (second.state, second.predecessor, second.limits) == ("review", first, first.limits)
    first.refresh_from_db()
    assert first.state == "failed"


def test_plans_go_with_their_study(reviewed: Plan, physicist: User, plan_in_review: Plans) -> None:
    approve(reviewed, physicist)
    elsewhere = plan_in_review(inputs=study_make(5))
    extensions.remove("2.25.2")
    assert list(Plan.objects.all()) == [elsewhere]
    assert not Job.objects.filter(study_uid="2.25.2").exists()
    assert AuditEntry.objects.filter(action="plan.approved", study_uid="2.25.2").count() == 1
    assert Series.objects.filter(study__study_uid="2.25.2").count() == 2
