"""Guessing passwords is slowed down, in the database so that all processes count together."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import LoginFailure

WINDOW = dt.timedelta(minutes=5)
# Per name from one place, per place, and per name from all places together.
LIMITS = {"pair": 8, "place": 40, "name": 100}


def _keys(username: str, address: str) -> dict[str, str]:
    name = username.strip().lower()
    parts = {"pair": f"{name}\0{address}", "place": address, "name": name}
    key = settings.SECRET_KEY.encode()
    return {
        kind: hmac.new(key, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()
        for kind, text in parts.items()
    }


def login_blocked(*, username: str, address: str) -> bool:
    since = timezone.now() - WINDOW
    return any(
        LoginFailure.objects.filter(key=key, at__gt=since).count() >= LIMITS[kind]
        for kind, key in _keys(username, address).items()
    )


def login_failed(*, username: str, address: str) -> None:
    now = timezone.now()
    LoginFailure.objects.bulk_create(
        LoginFailure(key=key, at=now) for key in _keys(username, address).values()
    )
    LoginFailure.objects.filter(at__lt=now - 12 * WINDOW).delete()


def login_succeeded(*, username: str, address: str) -> None:
    LoginFailure.objects.filter(key=_keys(username, address)["pair"]).delete()
