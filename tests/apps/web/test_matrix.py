"""Role by address: who is let in where, by real requests. An address that is not in ``EXPECTED``
fails, and so does a view that names no policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from apps.accounts.policy import ACTIONS, SIGNED_IN, TABLE, Action
from apps.pacs import client as pacs
from tests.support.routes import Route, routes

Clients = Callable[[User], APIClient]
API = "api/v1/"

EXPECTED: dict[str, dict[str, Action]] = {
    API + "me": {"GET": SIGNED_IN},
    API + "schema/": {"GET": SIGNED_IN},
    API + "tokens": {"GET": "token.manage", "POST": "token.manage"},
    API + "tokens/<uuid:token_id>": {"DELETE": "token.manage"},
    API + "audit": {"GET": "audit.view"},
    API + "pipelines": {"GET": "pipeline.view"},
    API + "pipelines/<slug:name>": {"GET": "pipeline.view"},
    API + "pipelines/<slug:name>/eligibility": {"GET": "pipeline.view"},
    API + "pipelines/<slug:name>/card": {"GET": "pipeline.view"},
    API + "evaluations": {"GET": "evaluation.view", "POST": "evaluation.import"},
    API + "evaluations/compare": {"GET": "evaluation.view"},
    API + "evaluations/<uuid:run_id>": {
        "GET": "evaluation.view",
        "PUT": "evaluation.import",
        "DELETE": "evaluation.delete",
    },
    API + "evaluations/<uuid:run_id>/content": {"GET": "evaluation.view"},
    API + "evaluations/<uuid:run_id>/table": {"GET": "evaluation.view"},
    API + "studies": {"GET": "study.view"},
    API + "studies/<str:study_uid>": {"GET": "study.view", "DELETE": "study.delete"},
    API + "studies/<str:study_uid>/annotations": {"GET": "study.view", "POST": "annotation.edit"},
    API + "annotations/<uuid:annotation_id>": {
        "PUT": "annotation.edit",
        "DELETE": "annotation.edit",
    },
    API + "series/<str:series_uid>": {"GET": "study.view"},
    API + "series/<str:series_uid>/instances": {"GET": "study.view"},
    API + "series/<str:series_uid>/geometry": {"GET": "study.view"},
    API + "series/<str:series_uid>/volume": {"GET": "study.view"},
    API + "series/<str:series_uid>/segments": {"GET": "study.view"},
    API + "series/<str:series_uid>/labelmap": {"GET": "study.view"},
    API + "instances/<str:sop_instance_uid>/header": {"GET": "study.view"},
    API + "uploads": {"POST": "study.upload"},
    API + "jobs": {"GET": "job.view", "POST": "job.run"},
    API + "jobs/<uuid:job_id>": {"GET": "job.view"},
    API + "jobs/<uuid:job_id>/events": {"GET": "job.view"},
    API + "jobs/<uuid:job_id>/cancel": {"POST": "job.cancel"},
    API + "jobs/<uuid:job_id>/retry": {"POST": "job.run"},
    API + "jobs/<uuid:job_id>/capsule": {"GET": "artifact.export"},
    API + "artifacts": {"GET": "job.view"},
    API + "artifacts/<uuid:artifact_id>": {"GET": "job.view"},
    API + "artifacts/<uuid:artifact_id>/content": {"GET": "artifact.export"},
    API + "drafts": {"GET": "draft.view"},
    API + "drafts/<uuid:draft_id>": {"GET": "draft.view", "PATCH": "draft.edit"},
    API + "drafts/<uuid:draft_id>/versions": {"GET": "draft.view"},
    API + "studies/<str:study_uid>/structures": {"POST": "annotation.edit"},
    API + "plan-templates": {"GET": "plan.view", "POST": "plan.template"},
    API + "plan-templates/<uuid:template_id>": {"GET": "plan.view"},
    API + "plan-limits": {"GET": "plan.view", "POST": "plan.template"},
    API + "plan-profiles": {"GET": "plan.view"},
    API + "plan-chart": {"GET": "plan.view"},
    API + "plans": {"GET": "plan.view", "POST": "plan.run"},
    API + "plans/<uuid:plan_id>": {"GET": "plan.view"},
    API + "plans/<uuid:plan_id>/viewed": {"POST": "plan.view"},
    API + "plans/<uuid:plan_id>/decision": {"POST": "plan.approve"},
    API + "plans/<uuid:plan_id>/export": {"GET": "plan.export"},
    API + "plans/<uuid:plan_id>/dose": {"GET": "plan.view"},
    API + "plans/<uuid:plan_id>/dose-grid": {"GET": "plan.view"},
    API + "studies/<str:study_uid>/timeline": {"GET": "followup.view"},
    API + "studies/<str:study_uid>/treatments": {"GET": "followup.view", "POST": "followup.treat"},
    API + "studies/<str:study_uid>/tracks": {"GET": "followup.view"},
    API + "treatments/<uuid:treatment_id>": {
        "PATCH": "followup.treat",
        "DELETE": "followup.treat",
    },
    API + "comparisons": {"GET": "followup.view", "POST": "followup.run"},
    API + "comparisons/<uuid:comparison_id>": {"GET": "followup.view"},
    API + "comparisons/<uuid:comparison_id>/corrections": {"POST": "followup.correct"},
    API + "predictions": {"GET": "followup.view", "POST": "followup.run"},
    API + "predictions/<uuid:prediction_id>": {"GET": "followup.view"},
    API + "track-records": {"GET": "followup.view"},
    API + "track-records/<slug:pipeline>": {"GET": "followup.view"},
    API + "live/ticket": {"POST": "job.view"},
    "dicomweb/<path:address>": {"GET": "study.view", "POST": "study.upload"},
}
PAGES = {
    "",
    "studies/<path:rest>",
    "jobs",
    "jobs/<path:rest>",
    "evaluations",
    "evaluations/<path:rest>",
    "models",
    "models/<path:rest>",
    "settings",
    "settings/<path:rest>",
    "accounts/password/",
    "api/v1/docs/",
}
PUBLIC = {"accounts/login/", "accounts/logout/", "admin/login/", "healthz"}
ADMIN = "admin/"

CASES = [(route, method) for route, methods in EXPECTED.items() for method in methods]
BY_PATTERN: dict[str, Route] = {}
for _route in routes():
    BY_PATTERN.setdefault(_route.pattern, _route)  # the first one is the one that answers


@pytest.fixture(autouse=True)
def _no_archive(settings: Settings) -> Iterator[None]:
    """Who may is decided before Orthanc is asked; here nobody answers there."""
    settings.ORTHANC_URL = "http://127.0.0.1:9"
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    pacs._shared.cache_clear()
    yield
    pacs._shared.cache_clear()


def test_every_address_is_known_here() -> None:
    known = EXPECTED.keys() | PAGES | PUBLIC
    served = {pattern for pattern in BY_PATTERN if not pattern.startswith(ADMIN)} | {"admin/login/"}
    assert served - known == set(), "name who may use these addresses"
    assert known - served == set(), "these addresses are gone"


def _methods(route: Route) -> set[str]:
    view = getattr(route.view, "cls", None)
    if view is not None:
        return {name.upper() for name in view.http_method_names if hasattr(view, name)}
    return set(EXPECTED[route.pattern])


@pytest.mark.parametrize("pattern", sorted(EXPECTED))
def test_every_view_names_its_policy_for_every_method(pattern: str) -> None:
    route = BY_PATTERN[pattern]
    methods = _methods(route) - {"OPTIONS", "HEAD"}
    assert methods == set(EXPECTED[pattern]), pattern
    view = getattr(route.view, "cls", None)
    policies = (
        [permission() for permission in view.permission_classes]
        if view is not None
        else [route.view.policy]
    )
    assert len(policies) == 1
    for method, action in EXPECTED[pattern].items():
        assert policies[0].action_of(method) == action, method


@pytest.mark.parametrize("pattern", sorted(PAGES | PUBLIC))
def test_every_page_says_whether_it_needs_a_log_in(pattern: str) -> None:
    wanted = "public" if pattern in PUBLIC else SIGNED_IN
    assert BY_PATTERN[pattern].view.policy == wanted


def _granted(user: User, action: Action) -> bool:
    if action == SIGNED_IN:
        return True
    return any(Role(role) in TABLE[action] for role in user.roles)


def _send(client: APIClient, method: str, pattern: str) -> int:
    address = BY_PATTERN[pattern].address()
    body = "" if method in ("GET", "DELETE") else "{}"
    answer = client.generic(method, address, body, content_type="application/json")
    return int(answer.status_code)


@pytest.mark.parametrize(("pattern", "method"), CASES)
def test_roles_by_address(
    request: pytest.FixtureRequest, as_user: Clients, pattern: str, method: str
) -> None:
    action = EXPECTED[pattern][method]
    for name in ("clinician", "researcher", "physicist", "administrator", "nobody"):
        user: User = request.getfixturevalue(name)
        status = _send(as_user(user), method, pattern)
        if _granted(user, action):
            assert status not in (401, 403, 500), (name, status)
        else:
            assert status == 403, (name, status)


@pytest.mark.parametrize(("pattern", "method"), CASES)
def test_strangers_and_closed_accounts_are_refused(
    clinician: User, with_token: Clients, pattern: str, method: str
) -> None:
    assert _send(APIClient(), method, pattern) == 401
    program = with_token(clinician)
    User.objects.filter(pk=clinician.pk).update(is_active=False)
    assert _send(program, method, pattern) == 401


@pytest.mark.parametrize(
    ("pattern", "method"), [case for case in CASES if case[1] not in ("GET", "HEAD")]
)
def test_a_session_changes_nothing_without_the_csrf_token(
    administrator: User, pattern: str, method: str
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(administrator)
    assert _send(client, method, pattern) == 403


def _admin_routes() -> list[Route]:
    return [
        route
        for route in routes()
        if route.pattern.startswith(ADMIN)
        and "(?P" not in route.pattern
        and route.pattern not in ("admin/logout/", "admin/login/")
    ]


def test_the_administration_opens_for_administrators_only(
    clinician: User, researcher: User, physicist: User, administrator: User
) -> None:
    found = _admin_routes()
    assert len(found) > 10
    for route in found:
        for user in (None, clinician, researcher, physicist):
            client = Client()
            if user is not None:
                client.force_login(user)
            answer = client.get(route.address())
            # To the log-in, or to the page that says that this is for administrators.
            assert answer.status_code in (302, 403), (route.pattern, user)
            if answer.status_code == 302:
                assert "/login/" in answer["Location"], route.pattern
    client = Client()
    client.force_login(administrator)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 200


def test_the_table_names_every_action_once() -> None:
    assert set(TABLE) == set(ACTIONS)
    used = {action for methods in EXPECTED.values() for action in methods.values()} - {SIGNED_IN}
    # What is left is decided in the administration, or by a field of what is asked for
    # (test_gate_is_overridden_by_those_who_may_and_with_a_reason).
    assert set(ACTIONS) - used == {"pipeline.manage", "user.manage", "job.override"}
