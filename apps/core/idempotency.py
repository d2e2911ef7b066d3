"""Idempotency-Key: the same request twice makes one thing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core.errors import ApiError, Conflict
from apps.core.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEY_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    object_id: str
    created: bool


def idempotent_create(
    *, user_id: UUID, scope: str, key: str, body: Any, create: Callable[[], UUID | str]
) -> Outcome:
    """Run ``create`` once per (user, scope, key) and remember the id that it returns.

    Without a key it simply runs. The same key with another body is refused. ``create`` runs in the
    transaction that remembers the key: if it raises, the key is free again. A second request that
    comes while the first is at work waits for it at the database.
    """
    if not key:
        return Outcome(object_id=str(create()), created=True)
    if len(key) > KEY_MAX or not key.isprintable():
        raise ApiError(f"An {HEADER} has at most {KEY_MAX} printable characters.")
    digest = hashlib.sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()
    ).hexdigest()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(
                user_id=user_id, scope=scope, key=key, body_sha256=digest
            )
            return _remember(row, create)
    except IntegrityError:
        known = IdempotencyKey.objects.filter(user_id=user_id, scope=scope, key=key).first()
        if known is None:
            raise
    if known.body_sha256 != digest:
        raise Conflict(
            f"This {HEADER} was used before with another request.", code="idempotency_conflict"
        )
    return Outcome(object_id=known.object_id, created=False)


def _remember(row: IdempotencyKey, create: Callable[[], UUID | str]) -> Outcome:
    row.object_id = str(create())
    row.save(update_fields=["object_id", "updated_at"])
    return Outcome(object_id=row.object_id, created=True)
