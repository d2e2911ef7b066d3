from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import audit_record

Clients = Callable[[User], APIClient]


def test_an_administrator_reads_and_filters(administrator: User, as_user: Clients) -> None:
    audit_record(actor=administrator, action="study.view", study_uid="1.2.3")
    audit_record(actor=None, action="study.delete", study_uid="1.2.4")
    client = as_user(administrator)
    newest = client.get("/api/v1/audit?limit=1").json()
    assert newest["results"][0]["action"] == "session.login"
    found = client.get("/api/v1/audit?study_uid=1.2.3").json()["results"]
    assert [entry["action"] for entry in found] == ["study.view"]
    assert found[0]["actor_name"] == "ada"
    assert client.get("/api/v1/audit?action=none").json()["results"] == []


def test_others_do_not(clinician: User, as_user: Clients) -> None:
    assert as_user(clinician).get("/api/v1/audit").status_code == 403


def test_the_administration_shows_the_trail_to_read_only(administrator: User) -> None:
    entry = audit_record(actor=administrator, action="study.view", study_uid="1.2.3")
    client = Client()
    client.force_login(administrator)
    assert b"1.2.3" in client.get("/admin/audit/auditentry/").content
    assert client.get("/admin/audit/auditentry/add/").status_code == 403
    assert client.post(f"/admin/audit/auditentry/{entry.pk}/change/", {}).status_code == 403
    assert client.post(f"/admin/audit/auditentry/{entry.pk}/delete/", {}).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk).exists()
