"""Accounts and tokens: every change leaves an audit entry when it is made through the product."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import ApiToken, Role, User
from apps.accounts.tokens import PREFIX_LENGTH, token_digest, token_secret
from apps.core.errors import ApiError
from apps.core.trail import leave

TOKENS_MAX = 50


def user_create(*, username: str, password: str, roles: list[str], display_name: str = "") -> User:
    validate_password(password)
    user = User(username=username, roles=roles, display_name=display_name)
    user.set_password(password)
    user.full_clean()
    user.save()
    return user


def administrator_ensure(*, username: str = "admin") -> tuple[User, str | None]:
    """The first administrator. The generated password is returned at the creation only."""
    with transaction.atomic():
        known = User.objects.filter(username=username).first()
        if known is not None:
            return known, None
        password = secrets.token_urlsafe(12)
        user = user_create(
            username=username,
            password=password,
            roles=[Role.ADMINISTRATOR, Role.CLINICIAN],
            display_name="Administrator",
        )
        return user, password


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """``secret`` is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def token_create(*, user: User, name: str, expires_at: dt.datetime | None = None) -> MadeToken:
    if expires_at is not None and expires_at <= timezone.now():
        raise ApiError("A token must expire in the future.", code="validation_failed")
    with transaction.atomic():
        if user.tokens.filter(revoked_at=None).count() >= TOKENS_MAX:
            raise ApiError(
                f"There are {TOKENS_MAX} tokens in force. Revoke one first.", code="too_many_tokens"
            )
        secret = token_secret()
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=secret[:PREFIX_LENGTH],
            digest=token_digest(secret),
            expires_at=expires_at,
        )
        leave(actor=user, action="token.create", object_type="token", object_id=token.pk)
    return MadeToken(token=token, secret=secret)


@transaction.atomic
def token_revoke(*, token: ApiToken, actor: User) -> None:
    in_force = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    if in_force.update(revoked_at=timezone.now()):
        leave(actor=actor, action="token.revoke", object_type="token", object_id=token.pk)
