"""Who is on the line, and what it may watch: asked at the start and again while it watches."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http.request import HttpRequest, split_domain_port, validate_host
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.accounts.policy import allowed
from apps.jobs.models import Job
from apps.jobs.selectors import job_id_of
from apps.live.tickets import ticket_redeem

STUDIES: Final = "studies"

Scope = MutableMapping[str, Any]


def origin_allowed(headers: dict[bytes, bytes]) -> bool:
    """A page of another origin must not open a socket with the visitor's cookie.

    A program sends no Origin at all; it then needs a ticket (see ``connection_user``).
    """
    host = headers.get(b"host", b"").decode("latin1")
    domain, _port = split_domain_port(host)
    allowed_hosts = settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
    if not domain or not validate_host(domain, allowed_hosts):
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin1")
    return urlsplit(text).netloc.lower() == host.lower() or text in settings.CSRF_TRUSTED_ORIGINS


def connection_user(scope: Scope) -> User | None:
    """Who speaks on this connection, asked anew each time.

    A ticket is redeemed at the first call and lives on in ``scope`` for the later ones.
    """
    headers = dict(scope["headers"])
    if not origin_allowed(headers):
        return None
    ticket = parse_qs(scope["query_string"].decode("latin1")).get("ticket")
    if ticket:
        if "synoptic.ticket" not in scope:
            scope["synoptic.ticket"] = ticket_redeem(ticket[0])
        body = scope["synoptic.ticket"]
        return None if body is None else _ticket_user(body)
    # A cookie speaks for a person only from a page of ours.
    if b"origin" not in headers:
        return None
    return _session_user(scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME))


def _ticket_user(body: Mapping[str, Any]) -> User | None:
    """The owner of a ticket, as long as the account and the token behind it are in force."""
    if body["token"] is not None:
        in_force = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        if not ApiToken.objects.filter(in_force, pk=body["token"], revoked_at=None).exists():
            return None
    return User.objects.filter(pk=body["user"], is_active=True).first()


def _session_user(session_key: str | None) -> User | None:
    """The owner of a session that still is one: not logged out, password unchanged."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def may_watch(user: User, stream: str) -> str | None:
    """Nothing when ``user`` may watch ``stream``, else the code of the refusal."""
    if stream == STUDIES:
        return None if allowed(user, "study.view") else "permission_denied"
    if not allowed(user, "job.view"):
        return "permission_denied"
    job_id = job_id_of(stream)
    job = Job.objects.only("created_by").filter(pk=job_id).first() if job_id else None
    if job is None:
        return "not_found"
    return None if allowed(user, "job.view", job) else "permission_denied"
