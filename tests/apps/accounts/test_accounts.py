from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import LoginFailure, Role, User
from apps.accounts.throttle import LIMITS
from apps.audit.models import AuditEntry
from tests.factories.accounts import PASSWORD


def test_create_admin_shows_a_password_once(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_admin")
    shown = re.search(r"Password\s+(\S+)", capsys.readouterr().out)
    assert shown is not None
    assert Client().login(username="admin", password=shown.group(1))
    call_command("create_admin")
    assert "Password" not in capsys.readouterr().out
    assert User.objects.count() == 1


def test_the_admin_follows_the_role_and_not_a_flag(db: None) -> None:
    user = User(username="x", is_staff=True, is_superuser=True, roles=[Role.CLINICIAN])
    user.save()
    assert (user.is_staff, user.is_superuser) == (False, False)
    user.roles = [Role.ADMINISTRATOR]
    user.save(update_fields=["roles"])
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)


@pytest.mark.parametrize("roles", [["king"], "clinician", ["clinician", "clinician"], [1]])
def test_unknown_roles_are_refused(db: None, roles: object) -> None:
    with pytest.raises(ValidationError):
        User(username="x", roles=roles).save()


def _try(client: Client, password: str) -> int:
    body = {"username": "clara", "password": password}
    return client.post("/accounts/login/", body).status_code


def test_guessing_is_slowed_down_and_leaves_a_trail(clinician: User) -> None:
    client = Client()
    for _ in range(LIMITS["pair"]):
        assert _try(client, "wrong") == 200
    # The right password does not help any more, until the pause is over.
    assert _try(client, PASSWORD) == 200
    assert AuditEntry.objects.filter(action="session.refused").count() == LIMITS["pair"]
    LoginFailure.objects.all().delete()
    assert _try(client, PASSWORD) == 302
    assert AuditEntry.objects.filter(action="session.login").count() == 1


def test_what_was_typed_as_a_name_is_kept_nowhere(db: None) -> None:
    Client().post("/accounts/login/", {"username": "MySecretPassw0rd", "password": "x"})
    kept = [*LoginFailure.objects.values_list("key", flat=True)]
    kept += [str(entry.__dict__) for entry in AuditEntry.objects.all()]
    assert kept
    assert not any("mysecret" in text.lower() for text in kept)


def test_logging_out_needs_a_post(clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/api/v1/me").status_code == 401


def test_login_redirects_only_to_this_site(clinician: User) -> None:
    body = {"username": "clara", "password": PASSWORD, "next": "https://evil.example/"}
    answer = Client().post("/accounts/login/", body)
    assert answer["Location"] == "/"


def test_accounts_are_kept_in_the_administration_and_leave_a_trail(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    new = {"username": "nora", "roles": ["clinician"], "display_name": "Nora"}
    passwords = {
        "password1": PASSWORD + "!",
        "password2": PASSWORD + "!",
        "usable_password": "true",
    }
    assert client.post("/admin/accounts/user/add/", {**new, **passwords}).status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.roles == ["clinician"]
    assert not nora.is_staff
    change = {"username": "nora", "roles": ["researcher"], "is_active": "on", "is_superuser": "on"}
    assert client.post(f"/admin/accounts/user/{nora.pk}/change/", change).status_code == 302
    nora.refresh_from_db()
    assert (nora.roles, nora.is_superuser) == (["researcher"], False)
    assert (
        client.post(f"/admin/accounts/user/{nora.pk}/delete/", {"post": "yes"}).status_code == 302
    )
    mine = client.post(f"/admin/accounts/user/{administrator.pk}/delete/", {"post": "yes"})
    assert mine.status_code == 403
    trail = AuditEntry.objects.filter(object_type="user", action__startswith="user.")
    assert list(trail.order_by("seq").values_list("action", flat=True)) == [
        "user.create",
        "user.change",
        "user.delete",
    ]
