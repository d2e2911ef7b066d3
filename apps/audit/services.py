"""Writing the audit trail, and proving that nobody has rewritten it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit.models import AuditEntry, AuditHead

GENESIS = "0" * 64
SYSTEM = "system"


@transaction.atomic
def audit_record(
    *,
    actor: Any,
    action: str,
    object_type: str = "",
    object_id: object = "",
    study_uid: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry, in the caller's transaction when there is one: what is rolled back was not
    done. ``actor`` is a user, or nothing when the system itself acts. ``detail`` is small JSON
    without patient data. Call it last in a transaction: it holds the end of the chain to commit.
    """
    AuditHead.objects.get_or_create(pk=1)
    head = AuditHead.objects.select_for_update().get(pk=1)
    known = getattr(actor, "pk", None) is not None
    entry = AuditEntry(
        seq=head.seq + 1,
        at=timezone.now(),
        actor_id=str(actor.pk) if known else "",
        actor_name=actor.get_username() if known else SYSTEM,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        study_uid=study_uid,
        detail=detail or {},
        previous_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    entry.save()
    head.seq, head.hash = entry.seq, entry.hash
    head.save()
    return entry


def entry_hash(entry: AuditEntry) -> str:
    sealed = [
        entry.previous_hash,
        entry.seq,
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.study_uid,
        entry.detail,
    ]
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """``broken_at`` is the first entry that does not follow from the one before it."""

    entries: int
    broken_at: int | None


def chain_verify() -> ChainState:
    previous, expected = GENESIS, 1
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=2000):
        intact = (
            entry.seq == expected
            and entry.previous_hash == previous
            and entry.hash == entry_hash(entry)
        )
        if not intact:
            return ChainState(entries=expected - 1, broken_at=expected)
        previous, expected = entry.hash, expected + 1
    head = AuditHead.objects.filter(pk=1).first()
    told = (head.seq, head.hash) if head else (0, GENESIS)
    if told != (expected - 1, previous):
        return ChainState(entries=expected - 1, broken_at=expected)
    return ChainState(entries=expected - 1, broken_at=None)
