"""A ticket: a word that opens one websocket for its owner, for seconds, once.

For programs, which have a bearer token and no session cookie: a browser's websocket cannot send
the header, and a token in an address would stay in logs.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.core import signing
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.core.redis import redis_client

LIFE: Final = timedelta(seconds=30)
_SALT: Final = "apps.live.ticket"


def ticket_issue(user: User, token: ApiToken | None) -> tuple[str, datetime]:
    """The ticket and when it ends. It speaks for ``token``, and no longer than that does."""
    body = {
        "user": str(user.pk),
        "token": str(token.pk) if token else None,
        "once": secrets.token_hex(8),
    }
    return signing.dumps(body, salt=_SALT), timezone.now() + LIFE


def ticket_redeem(ticket: str) -> dict[str, Any] | None:
    """Whom the ticket speaks for, or nothing when it is not ours, too old or used before."""
    try:
        body: dict[str, Any] = signing.loads(ticket, salt=_SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    # In Redis, so that all web processes know of it.
    first = redis_client().set(f"synoptic-live-ticket:{body['once']}", 1, nx=True, ex=LIFE)
    return body if first else None
