"""Who is asking: a session with CSRF (browser) or ``Authorization: Bearer`` (program)."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import token_digest
from apps.core.errors import Unauthenticated

SCHEME = "Bearer"
# A use is noted at most once a minute: a row must not be written for every image frame.
NOTED_EVERY = dt.timedelta(minutes=1)


def token_user(secret: str) -> tuple[User, ApiToken] | None:
    """Owner and row of a token that is in force, else nothing."""
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=token_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or not token.in_force:
        return None
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user, token


class BrowserAuthentication(SessionAuthentication):
    """A session. What changes something needs the CSRF token in the header, as scripts send it:
    looking for it in the body would read a whole upload before anybody is asked for permission."""

    def enforce_csrf(self, request: Request | HttpRequest) -> None:
        bodiless: Any = copy.copy(getattr(request, "_request", request))
        bodiless._post = QueryDict()  # noqa: SLF001 - what HttpRequest.POST has read already
        super().enforce_csrf(bodiless)


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        found = token_user(secret.strip())
        if found is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return found

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def authenticate(request: HttpRequest) -> User | AnonymousUser:
    """The same for a view outside DRF. Raises ``Unauthenticated`` on a bad token, and DRF's
    ``PermissionDenied`` when a session's request that changes something has no CSRF token."""
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == SCHEME.lower():
        found = token_user(secret.strip())
        if found is None:
            raise Unauthenticated(
                "This token is unknown, expired or revoked.", headers={"WWW-Authenticate": SCHEME}
            )
        return found[0]
    user = request.user
    if isinstance(user, User) and user.is_authenticated:
        BrowserAuthentication().enforce_csrf(request)
        return user
    return AnonymousUser()
