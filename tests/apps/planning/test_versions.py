"""Templates and limits: shipped, versioned, and never changed in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.planning.models import LimitSet, PlanTemplate
from apps.planning.services.versions import BUILTIN, planning_sync, template_create
from tests.apps.planning.conftest import AsUser

pytestmark = pytest.mark.django_db
LIMITS = "/api/v1/plan-limits"
TEMPLATES = "/api/v1/plan-templates"


def test_what_is_shipped_is_offered_once(shipped: PlanTemplate) -> None:
    planning_sync()
    assert PlanTemplate.objects.count() == len(list(BUILTIN.glob("*.json"))) >= 2
    limits = LimitSet.objects.get().limits
    assert limits["gamma_percent"] == {"warn": 98.0, "fail": 95.0}
    assert limits["contour_distance_mm"]["warn"] == 2.0


def test_an_update_comes_as_a_version_unless_the_site_has_its_own(
    shipped: PlanTemplate, administrator: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    body = {**shipped.body, "max_iterations": 80}
    (tmp_path / "new.json").write_text(json.dumps(body))
    monkeypatch.setattr("apps.planning.services.versions.BUILTIN", tmp_path)
    planning_sync()
    versions = list(PlanTemplate.objects.filter(name=shipped.name).order_by("version"))
    assert [(one.version, one.active) for one in versions] == [(1, False), (2, True)]
    own = template_create(actor=administrator, body={**body, "max_iterations": 90})
    (tmp_path / "new.json").write_text(json.dumps({**body, "max_iterations": 100}))
    planning_sync()
    own.refresh_from_db()
    assert (own.version, own.active) == (3, True)
    assert PlanTemplate.objects.filter(name=shipped.name, version=4, active=False).exists()


def test_changed_limits_of_the_site_outlive_an_update(
    shipped: PlanTemplate, as_user: AsUser, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = LimitSet.objects.get().limits
    stricter = {**limits, "band_d95_percent": {"warn": 1.0, "fail": 2.0}}
    answer = as_user(administrator).post(LIMITS, {"limits": stricter}, format="json")
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    monkeypatch.setattr("apps.planning.services.versions.limits_default", lambda: {"other": {}})
    planning_sync()
    assert LimitSet.objects.order_by("-version").first() == LimitSet.objects.get(version=2)
    listed = as_user(administrator).get(LIMITS).json()["results"]
    assert [one["version"] for one in listed] == [2, 1]
    assert listed[1]["limits"] == limits


@pytest.mark.parametrize(
    "change",
    [
        {"gamma_percent": None},
        {"gamma_percent": {"warn": 95, "fail": 98}},
        {"contour_volume_percent": {"warn": 5, "fail": 2}},
        {"contour_volume_percent": {"warn": "2", "fail": 5}},
        {"contour_volume_percent": {"warn": 2}},
        {"weather": {"warn": 1, "fail": 2}},
    ],
)
def test_odd_limits_are_refused(
    shipped: PlanTemplate, as_user: AsUser, administrator: User, change: dict[str, Any]
) -> None:
    limits = {**LimitSet.objects.get().limits, **change}
    limits = {key: value for key, value in limits.items() if value is not None}
    answer = as_user(administrator).post(LIMITS, {"limits": limits}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "limits_refused")
    assert LimitSet.objects.count() == 1


def test_a_changed_template_is_the_next_version_and_the_old_one_can_be_read(
    shipped: PlanTemplate, as_user: AsUser, administrator: User, clinician: User
) -> None:
    body = {**shipped.body, "fractions": 20}
    answer = as_user(administrator).post(TEMPLATES, {"body": body}, format="json")
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert (made["version"], made["active"], made["builtin"]) == (2, True, False)
    client = as_user(clinician)
    offered = client.get(TEMPLATES, {"name": shipped.name}).json()["results"]
    assert [one["version"] for one in offered] == [2]
    every = client.get(TEMPLATES, {"name": shipped.name, "all": "true"}).json()["results"]
    assert [one["version"] for one in every] == [2, 1]
    old = client.get(f"{TEMPLATES}/{shipped.pk}").json()
    assert (old["body"]["fractions"], old["active"]) == (25, False)
    entry = AuditEntry.objects.get(action="plan.template")
    assert entry.detail == {"name": shipped.name, "version": 2}


@pytest.mark.parametrize("body", [{"name": "x"}, {"name": ""}, {"site": "x" * 41}])
def test_templates_that_plan_nothing_are_refused(
    shipped: PlanTemplate, as_user: AsUser, administrator: User, body: dict[str, Any]
) -> None:
    whole = body if body == {"name": "x"} else {**shipped.body, **body}
    answer = as_user(administrator).post(TEMPLATES, {"body": whole}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "template_refused")


@pytest.mark.parametrize("role", ["clinician", "researcher", "physicist"])
def test_only_administrators_write_versions(
    request: pytest.FixtureRequest, as_user: AsUser, shipped: PlanTemplate, role: str
) -> None:
    client = as_user(request.getfixturevalue(role))
    assert client.post(TEMPLATES, {"body": shipped.body}, format="json").status_code == 403
    assert client.post(LIMITS, {"limits": {}}, format="json").status_code == 403
    assert client.get(TEMPLATES).status_code == client.get(LIMITS).status_code == 200


def test_versions_are_not_removed(shipped: PlanTemplate) -> None:
    with pytest.raises(TypeError):
        shipped.delete()


@pytest.fixture
def site(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def test_saving_limits_in_the_administration_makes_a_version(
    shipped: PlanTemplate, site: Client
) -> None:
    first = LimitSet.objects.get()
    address = f"/admin/planning/limitset/{first.pk}/change/"
    assert site.get(address).status_code == 200
    stricter = {**first.limits, "gate_score": {"warn": 0.5, "fail": 0.9}}
    sent = {"limits": json.dumps(stricter), "note": "Stricter."}
    assert site.post(address, sent).status_code == 302
    before, after = LimitSet.objects.order_by("version")
    assert (before.limits, before.note) == (first.limits, "")
    assert (after.version, after.limits, after.note) == (2, stricter, "Stricter.")
    wrong = site.post(address, {"limits": '{"gate_score": 1}', "note": ""})
    assert b"These limits are missing" in wrong.content
    assert LimitSet.objects.count() == 2


def test_saving_a_template_in_the_administration_makes_a_version(
    shipped: PlanTemplate, site: Client
) -> None:
    address = f"/admin/planning/plantemplate/{shipped.pk}/change/"
    assert site.get(address).status_code == 200
    sent = {"body": json.dumps({**shipped.body, "fractions": 20})}
    assert site.post(address, sent).status_code == 302
    shipped.refresh_from_db()
    assert (shipped.version, shipped.active, shipped.body["fractions"]) == (1, False, 25)
    assert PlanTemplate.objects.get(name=shipped.name, active=True).body["fractions"] == 20
    assert site.get("/admin/planning/plantemplate/").status_code == 200
    chosen = {"action": "withdraw", "_selected_action": [str(shipped.pk)]}
    assert site.post("/admin/planning/plantemplate/", chosen).status_code == 302
    assert site.get("/admin/planning/plan/").status_code == 200
