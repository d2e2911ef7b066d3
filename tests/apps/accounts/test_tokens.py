from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiToken, User
from apps.accounts.services import token_create, token_revoke
from apps.audit.models import AuditEntry

Clients = Callable[[User], APIClient]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(
    clinician: User, as_user: Clients
) -> None:
    made = as_user(clinician).post("/api/v1/tokens", {"name": "script"})
    assert made.status_code == 201
    secret = made.json()["token"]
    row = ApiToken.objects.get(pk=made.json()["id"])
    assert secret not in (row.digest, row.prefix, row.name)
    assert secret.startswith(row.prefix)
    listed = as_user(clinician).get("/api/v1/tokens").json()
    assert [token["name"] for token in listed["results"]] == ["script"]
    assert "token" not in listed["results"][0]


def test_a_token_speaks_for_its_owner_without_csrf(researcher: User, with_token: Clients) -> None:
    me = with_token(researcher).get("/api/v1/me").json()
    assert me["username"] == "rudi"
    assert "draft.edit" not in me["permissions"]


def test_a_revoked_token_stops_at_once(clinician: User, as_user: Clients) -> None:
    made = token_create(user=clinician, name="x")
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")
    assert program.get("/api/v1/me").status_code == 200
    gone = as_user(clinician).delete(f"/api/v1/tokens/{made.token.pk}")
    assert gone.status_code == 204
    refused = program.get("/api/v1/me")
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["WWW-Authenticate"] == "Bearer"
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"token.create", "token.revoke"} <= actions


def test_an_expired_token_is_refused(clinician: User) -> None:
    soon = timezone.now() + dt.timedelta(hours=1)
    made = token_create(user=clinician, name="x", expires_at=soon)
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")
    assert program.get("/api/v1/me").status_code == 200
    with time_machine.travel(soon + dt.timedelta(seconds=1)):
        assert program.get("/api/v1/me").status_code == 401


def test_nobody_revokes_the_token_of_another(
    clinician: User, administrator: User, as_user: Clients
) -> None:
    made = token_create(user=clinician, name="x")
    assert as_user(administrator).delete(f"/api/v1/tokens/{made.token.pk}").status_code == 404
    made.token.refresh_from_db()
    assert made.token.revoked_at is None


def test_a_token_makes_no_further_tokens(clinician: User, with_token: Clients) -> None:
    answer = with_token(clinician).post("/api/v1/tokens", {"name": "heir"})
    assert answer.status_code == 403
    assert not ApiToken.objects.filter(name="heir").exists()


def test_a_session_needs_the_csrf_token(clinician: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(clinician)
    assert client.post("/api/v1/tokens", {"name": "x"}).status_code == 403


def test_a_token_in_the_past_is_refused(clinician: User, as_user: Clients) -> None:
    body = {"name": "x", "expires_at": "2020-01-01T00:00:00Z"}
    answer = as_user(clinician).post("/api/v1/tokens", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_last_use_is_noted_but_not_for_every_request(clinician: User) -> None:
    made = token_create(user=clinician, name="x")
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")
    program.get("/api/v1/me")
    first = ApiToken.objects.get(pk=made.token.pk).last_used_at
    program.get("/api/v1/me")
    assert first is not None
    assert ApiToken.objects.get(pk=made.token.pk).last_used_at == first


def test_revoking_twice_leaves_one_entry(clinician: User) -> None:
    made = token_create(user=clinician, name="x")
    token_revoke(token=made.token, actor=clinician)
    token_revoke(token=made.token, actor=clinician)
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer nonsense", "bearer syn_x"])
def test_a_wrong_bearer_header_never_falls_back_to_the_session(
    clinician: User, header: str
) -> None:
    client = APIClient()
    client.force_login(clinician)
    assert client.get("/api/v1/me", HTTP_AUTHORIZATION=header).status_code == 401
