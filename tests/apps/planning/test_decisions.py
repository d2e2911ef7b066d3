"""Who approves what after having looked at which."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import chain_verify
from apps.planning.models import Plan, PlanDecision
from apps.planning.services.decide import plan_viewed
from tests.apps.planning.conftest import REASON, REQUIRED, AsUser, Plans, approve, changed

pytestmark = pytest.mark.django_db


def _look(client: Any, plan: Plan, *keys: str, **changes: Any) -> Any:
    body = {"keys": list(keys), "result_sha256": plan.result_sha256, **changes}
    return client.post(f"/api/v1/plans/{plan.pk}/viewed", body, format="json")


def _decide(client: Any, plan: Plan, kind: str = "approved", key: str = "k", **changes: Any) -> Any:
    body = {
        "kind": kind,
        "reason": REASON,
        "result_sha256": plan.result_sha256,
        "viewed": REQUIRED,
        **changes,
    }
    headers = {"Idempotency-Key": key} if key else {}
    address = f"/api/v1/plans/{plan.pk}/decision"
    return client.post(address, body, format="json", headers=headers)


def test_approval_after_everything_was_looked_at(
    as_user: AsUser, physicist: User, reviewed: Plan
) -> None:
    client = as_user(physicist)
    shown = client.get(f"/api/v1/plans/{reviewed.pk}").json()
    assert [(one["key"], one["viewed"]) for one in shown["required_views"]] == [
        (key, False) for key in REQUIRED
    ]
    looked = _look(client, reviewed, "images", "dvh").json()
    assert [one["viewed"] for one in looked] == [True, True, False]
    assert [one["viewed"] for one in _look(client, reviewed, *REQUIRED).json()] == [True] * 3

    answer = _decide(client, reviewed)
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["state"], told["unlocked"]) == ("approved", True)
    decision = told["decisions"][0]
    assert (decision["kind"], decision["by"], decision["reason"]) == ("approved", "phila", REASON)
    assert decision["viewed"] == sorted(REQUIRED)
    assert decision["result_sha256"] == reviewed.result_sha256
    checks = {one["number"]: one["status"] for one in told["checks"]}
    assert (checks[9], checks[10], checks[11]) == ("pass", "pass", "not_applicable")
    entry = AuditEntry.objects.get(action="plan.approved")
    assert (entry.actor_name, entry.object_id) == ("phila", str(reviewed.pk))
    assert entry.detail["viewed"] == sorted(REQUIRED)
    assert REASON not in str(entry.detail)
    assert chain_verify().broken_at is None


@pytest.mark.parametrize(
    ("opened", "named", "missing"),
    [
        ([], REQUIRED, REQUIRED),
        (["images"], REQUIRED, ["dvh", "check:external_contour"]),
        # What was opened but is not named counts as little as what is named but was not opened.
        (REQUIRED, ["images", "dvh"], ["check:external_contour"]),
    ],
)
def test_what_was_not_looked_at_is_told(
    as_user: AsUser,
    physicist: User,
    reviewed: Plan,
    opened: list[str],
    named: list[str],
    missing: list[str],
) -> None:
    client = as_user(physicist)
    if opened:
        _look(client, reviewed, *opened)
    answer = _decide(client, reviewed, viewed=named)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_viewed")
    assert [one["key"] for one in answer.json()["errors"]] == missing
    assert not PlanDecision.objects.exists()
    assert Plan.objects.get().state == "review"


def test_one_does_not_look_for_another(
    as_user: AsUser, physicist: User, administrator: User, reviewed: Plan
) -> None:
    _look(as_user(administrator), reviewed, *REQUIRED)
    assert _decide(as_user(physicist), reviewed).json()["code"] == "not_viewed"


@pytest.mark.parametrize("role", ["clinician", "researcher", "nobody"])
def test_others_decide_nothing(
    request: pytest.FixtureRequest, as_user: AsUser, reviewed: Plan, role: str
) -> None:
    client = as_user(request.getfixturevalue(role))
    for kind in PlanDecision.Kind.values:
        assert _decide(client, reviewed, kind, key=kind).status_code == 403
    assert _look(client, reviewed, "dvh").status_code == (403 if role == "nobody" else 200)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"reason": "Fine."}, 400, "validation_failed"),
        ({"reason": "          .          "}, 400, "validation_failed"),
        ({"viewed": []}, 400, "validation_failed"),
        ({"kind": "maybe"}, 400, "validation_failed"),
        ({"result_sha256": "0" * 64}, 409, "plan_changed"),
        ({"result_sha256": "x"}, 400, "validation_failed"),
        ({"key": ""}, 400, "idempotency_key_needed"),
        ({"kind": "withdrawn"}, 409, "decision_not_now"),
    ],
)
def test_a_decision_that_is_not_in_order(
    as_user: AsUser,
    physicist: User,
    reviewed: Plan,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    client = as_user(physicist)
    _look(client, reviewed, *REQUIRED)
    answer = _decide(client, reviewed, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not PlanDecision.objects.exists()


def test_looking_at_what_is_not_there(as_user: AsUser, physicist: User, reviewed: Plan) -> None:
    client = as_user(physicist)
    odd = _look(client, reviewed, "dvh", "check:weather")
    assert (odd.status_code, odd.json()["errors"]) == (400, ["check:weather"])
    late = _look(client, reviewed, "dvh", result_sha256="0" * 64)
    assert (late.status_code, late.json()["code"]) == (409, "plan_changed")
    shown = client.get(f"/api/v1/plans/{reviewed.pk}").json()
    assert not any(one["viewed"] for one in shown["required_views"])


def test_a_new_result_must_be_looked_at_anew(
    as_user: AsUser, physicist: User, reviewed: Plan
) -> None:
    client = as_user(physicist)
    _look(client, reviewed, *REQUIRED)
    Plan.objects.update(result_sha256="1" * 64)
    assert _decide(client, reviewed).json()["code"] == "plan_changed"
    reviewed.refresh_from_db()
    assert _decide(client, reviewed).json()["code"] == "not_viewed"


def test_a_failed_check_needs_to_be_accepted(
    as_user: AsUser, physicist: User, plan_in_review: Plans
) -> None:
    plan = plan_in_review(result=changed(reference={"status": "fail"}))
    client = as_user(physicist)
    keys = [*REQUIRED, "check:reference"]
    assert _decide(client, plan).json()["errors"][-1]["key"] == "check:reference"
    _look(client, plan, *keys)
    refused = _decide(client, plan, viewed=keys)
    assert (refused.status_code, refused.json()["code"]) == (422, "checks_failed")
    assert refused.json()["errors"] == ["reference"]
    accepted = _decide(client, plan, key="k2", viewed=keys, accept_failed=True)
    assert accepted.status_code == 201
    assert accepted.json()["decisions"][0]["accept_failed"] is True
    assert AuditEntry.objects.get(action="plan.approved").detail["failed_checks"] == ["reference"]


def test_same_key_decides_once(as_user: AsUser, physicist: User, reviewed: Plan) -> None:
    client = as_user(physicist)
    _look(client, reviewed, *REQUIRED)
    first, again = (_decide(client, reviewed) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    other = _decide(client, reviewed, "rejected")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert PlanDecision.objects.count() == 1
    assert _decide(client, reviewed, key="k2").json()["errors"] == {"state": "approved"}


def test_rejecting_needs_no_looking_at_everything(
    as_user: AsUser, physicist: User, reviewed: Plan
) -> None:
    client = as_user(physicist)
    _look(client, reviewed, "dvh")
    told = _decide(client, reviewed, "rejected", viewed=["dvh"]).json()
    assert (told["state"], told["decisions"][0]["viewed"]) == ("rejected", ["dvh"])
    assert {one["number"]: one["status"] for one in told["checks"]}[9] == "fail"


def test_what_was_decided_is_taken_back_and_stays_in_the_history(
    as_user: AsUser, physicist: User, reviewed: Plan
) -> None:
    approve(reviewed, physicist)
    client = as_user(physicist)
    assert _decide(client, reviewed, "withdrawn", key="2").json()["unlocked"] is False
    assert _decide(client, reviewed, "rejected", key="3").json()["state"] == "rejected"
    assert _decide(client, reviewed, "withdrawn", key="4").json()["state"] == "review"
    told = _decide(client, reviewed, key="5").json()
    assert [one["kind"] for one in told["decisions"]] == [
        "approved",
        "withdrawn",
        "rejected",
        "withdrawn",
        "approved",
    ]
    assert AuditEntry.objects.filter(action__startswith="plan.").count() == 6  # and plan.run


def test_a_decision_is_never_changed_and_never_removed(reviewed: Plan, physicist: User) -> None:
    approve(reviewed, physicist)
    decision = PlanDecision.objects.get()
    decision.reason = "Another."
    with pytest.raises(TypeError):
        decision.save()
    with pytest.raises(TypeError):
        decision.delete()
    physicist.delete()
    assert PlanDecision.objects.get().by_name == "phila"


def test_plans_without_a_result_are_not_judged(
    as_user: AsUser, physicist: User, plan_in_review: Plans
) -> None:
    plan = plan_in_review(result=b"broken")
    plan.result_sha256 = "0" * 64
    answer = _decide(as_user(physicist), plan)
    assert (answer.status_code, answer.json()["code"]) == (409, "decision_not_now")


def test_the_same_thing_is_opened_often_and_noted_once(reviewed: Plan, clinician: User) -> None:
    for _ in range(3):
        seen = plan_viewed(
            user=clinician,
            plan_id=reviewed.pk,
            result_sha256=reviewed.result_sha256,
            keys=["dvh", "dvh"],
        )
    assert seen == {"dvh"}
    assert reviewed.viewings.count() == 1
