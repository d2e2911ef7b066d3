"""Lists and the control chart: what they show, and by how many queries."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.planning.chart import spread_of
from apps.planning.models import LimitSet, Plan
from apps.studies.models import Patient
from tests.apps.planning.conftest import RESULT, AsUser, Plans, approve, changed, study_make

pytestmark = pytest.mark.django_db
CHART = "/api/v1/plan-chart?check=reference"


def _bulk(plan_in_review: Plans, figures: list[float], start: int = 10) -> list[Plan]:
    """A plan of another patient for each figure of the check 'reference'."""
    return [
        plan_in_review(inputs=study_make(start + i), result=changed(reference={"figure": figure}))
        for i, figure in enumerate(figures)
    ]


@pytest.mark.parametrize("plans", [1, 6])
def test_the_list_of_plans_costs_the_same_for_any_number(
    as_user: AsUser,
    clinician: User,
    plan_in_review: Plans,
    django_assert_num_queries: DjangoAssertNumQueries,
    plans: int,
) -> None:
    for _ in range(plans):
        plan_in_review()
    client = as_user(clinician)
    client.get("/api/v1/plans?study_uid=2.25.2")  # notes that the study is looked at
    # Session, user, page, total.
    with django_assert_num_queries(4):
        listed = client.get("/api/v1/plans?study_uid=2.25.2").json()
    assert (listed["total"], len(listed["results"])) == (plans, plans)
    assert "result" not in listed["results"][0]
    assert [one["key"] for one in listed["results"][0]["checks"]][3] == "external_contour"


def test_lists_of_versions_cost_the_same_for_any_number(
    as_user: AsUser,
    administrator: User,
    shipped: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(administrator)
    for fractions in (20, 21, 22):
        body = {"body": {**shipped.body, "fractions": fractions}}
        assert client.post("/api/v1/plan-templates", body, format="json").status_code == 201
    for address in ("/api/v1/plan-templates?all=true", "/api/v1/plan-limits"):
        with django_assert_num_queries(4):
            client.get(address)


def test_plans_are_found_by_study_and_state(
    as_user: AsUser, clinician: User, physicist: User, plan_in_review: Plans
) -> None:
    first, second = plan_in_review(), plan_in_review(inputs=study_make(7))
    approve(second, physicist)
    client = as_user(clinician)

    def found(query: str) -> list[str]:
        return [one["id"] for one in client.get(f"/api/v1/plans{query}").json()["results"]]

    assert found("") == [str(second.pk), str(first.pk)]
    assert found("?study_uid=2.25.2") == [str(first.pk)]
    assert found("?state=approved") == [str(second.pk)]
    assert found("?study_uid=2.25.2&state=approved") == []
    assert client.get("/api/v1/plans?state=lost").status_code == 400


def test_a_plan_is_shown_whole(as_user: AsUser, clinician: User, reviewed: Plan) -> None:
    told = as_user(clinician).get(f"/api/v1/plans/{reviewed.pk}").json()
    assert told["result"] == RESULT
    assert [one["number"] for one in told["checks"]] == list(range(1, 12))
    assert told["checks"][8]["text"].endswith("physicist's decision.")
    assert told["doses"] == []
    assert [one["key"] for one in told["artifacts"]] == ["plan-json"]
    assert (told["ai_generated"], told["created_by"]) == (True, "clara")
    entry = AuditEntry.objects.get(action="study.view")
    assert entry.study_uid == "2.25.2"


def test_what_is_not_there(as_user: AsUser, physicist: User, reviewed: Plan) -> None:
    client, nobody = as_user(physicist), "00000000-0000-4000-8000-000000000000"
    for address in ("", "/dose", "/dose-grid", "/export"):
        answer = client.get(f"/api/v1/plans/{nobody}{address}")
        assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found")


def test_the_chart_needs_two_patients(
    as_user: AsUser, clinician: User, plan_in_review: Plans
) -> None:
    client = as_user(clinician)
    assert client.get(CHART).json()["points"] == []
    _bulk(plan_in_review, [98.0])
    one = client.get(CHART).json()
    assert (one["patients"], one["mean"], one["lower"], one["upper"]) == (1, None, None, None)
    _bulk(plan_in_review, [99.0], start=20)
    two = client.get(CHART).json()
    assert (two["patients"], two["mean"]) == (2, 98.5)
    assert two["sd"] == pytest.approx(0.5**0.5)
    assert two["upper"] == pytest.approx(98.5 + 3 * 0.5**0.5)
    assert [point["figure"] for point in two["points"]] == [98.0, 99.0]
    assert (two["title"], two["unit"]) == ("Recalculation on a real CT", "%")
    assert two["limits"]["version"] == 1
    assert two["keys"][0] == "input_sequence"
    assert "dose_band" not in two["keys"]


def test_the_chart_shows_each_patient_once_and_no_rejected_plan(
    as_user: AsUser, physicist: User, plan_in_review: Plans
) -> None:
    shared = Patient.objects.create(identity="shared")
    older = plan_in_review(inputs=study_make(30, patient=shared))
    newer = plan_in_review(inputs=study_make(31, patient=shared))
    other = plan_in_review(inputs=study_make(32))
    client = as_user(physicist)

    def shown() -> list[str]:
        return [point["plan"] for point in client.get(CHART).json()["points"]]

    assert shown() == [str(newer.pk), str(other.pk)]
    approve(newer, physicist, kind="rejected", viewed=["dvh"])
    assert shown() == [str(older.pk), str(other.pk)]
    points = client.get(CHART).json()["points"]
    assert points[0]["patient"] == str(shared.pk)


def test_the_chart_holds_plans_of_one_set_of_limits(
    as_user: AsUser, clinician: User, plan_in_review: Plans
) -> None:
    _bulk(plan_in_review, [98.0, 99.0])
    LimitSet.objects.create(version=2, limits=LimitSet.objects.get().limits)
    told = as_user(clinician).get(CHART).json()
    assert (told["points"], told["limits"]["version"]) == ([], 2)


def test_the_chart_costs_the_same_for_any_number(
    as_user: AsUser,
    clinician: User,
    plan_in_review: Plans,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(clinician)
    _bulk(plan_in_review, [98.0, 99.0])
    with django_assert_num_queries(6):
        client.get(CHART)
    _bulk(plan_in_review, [98.0, 99.0, 98.5], start=20)
    with django_assert_num_queries(6):
        client.get(CHART)


def test_what_is_out_of_the_ordinary_is_told(
    as_user: AsUser, clinician: User, plan_in_review: Plans
) -> None:
    _bulk(plan_in_review, [98.7, 98.9, 99.1, 98.8])
    odd = plan_in_review(inputs=study_make(50), result=changed(reference={"figure": 91.0}))
    usual = plan_in_review(inputs=study_make(51))
    client = as_user(clinician)

    def eleventh(plan: Plan) -> dict[str, Any]:
        check: dict[str, Any] = client.get(f"/api/v1/plans/{plan.pk}").json()["checks"][10]
        return check

    assert (eleventh(odd)["status"], eleventh(odd)["figure"]) == ("warn", 1.0)
    assert "Recalculation on a real CT" in eleventh(odd)["text"]
    assert eleventh(usual)["status"] == "pass"


def test_equal_figures_are_not_outside_of_their_own_limits() -> None:
    spread = spread_of([0.1] * 3)
    assert spread is not None
    assert not spread.outside(0.1)
    assert spread.outside(0.2)
    assert spread_of([1.0]) is None
