from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.accounts.models import User

Clients = Callable[[User], APIClient]
SHELL = ["/", "/studies/1.2.3", "/jobs", "/jobs/x", "/settings/tokens"]


@pytest.fixture
def built(tmp_path: Path, settings: Settings) -> None:
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><div id=root></div>")


@pytest.mark.parametrize("path", SHELL)
def test_the_shell_asks_for_a_log_in_and_comes_back(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", SHELL)
def test_the_shell_is_one_page_and_brings_the_csrf_token(
    built: None, clinician: User, path: str
) -> None:
    client = Client()
    client.force_login(clinician)
    answer = client.get(path)
    assert b"id=root" in answer.content
    assert "csrftoken" in answer.cookies
    assert answer["Cache-Control"] == "no-cache"


def test_without_a_built_front_end_the_page_says_how(
    clinician: User, settings: Settings, tmp_path: Path
) -> None:
    settings.FRONTEND_DIST = tmp_path / "none"
    client = Client()
    client.force_login(clinician)
    answer = client.get("/")
    assert answer.status_code == 503
    assert b"make run" in answer.content


def test_answers_tell_the_browser_what_it_may_do(built: None, clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    answer = client.get("/")
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["worker-src"] == "'self' blob:"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_api_answers_are_kept_by_no_cache(clinician: User, as_user: Clients) -> None:
    assert as_user(clinician).get("/api/v1/me")["Cache-Control"] == "no-store"


def test_the_session_cookie_is_out_of_reach_of_scripts(clinician: User) -> None:
    from tests.factories.accounts import PASSWORD

    answer = Client().post("/accounts/login/", {"username": "clara", "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_an_unknown_host_is_refused(db: None) -> None:
    assert Client().get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


def test_the_docs_need_no_network(clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    page = client.get("/api/v1/docs/").content.decode()
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert "/static/drf_spectacular_sidecar/" in page
    script = client.get("/api/v1/docs/?script=").content.decode()
    assert "/api/v1/schema/" in script


def test_the_password_can_be_changed(clinician: User) -> None:
    from tests.factories.accounts import PASSWORD

    client = Client()
    client.force_login(clinician)
    new = "a much longer phrase 7"
    body = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/accounts/password/", body).status_code == 302
    assert Client().login(username="clara", password=new)


def test_the_admin_has_no_door_of_its_own(db: None) -> None:
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert Client().post("/admin/login/", {"username": "a"}).status_code == 405


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_the_admin_door_leads_nowhere_else(administrator: User, target: str) -> None:
    client = Client()
    client.force_login(administrator)
    assert client.get("/admin/login/", {"next": target})["Location"] == "/admin/"
