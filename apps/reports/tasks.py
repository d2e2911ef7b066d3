"""Storing drafts in the archive, behind the back of the person who edits."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from apps.core.errors import NotFound, Unavailable
from apps.core.tasks import io_task
from apps.reports.models import Draft
from apps.reports.services.store import draft_store

RESEND_AFTER: Final = timedelta(seconds=20)
GIVE_UP_AFTER: Final = timedelta(days=1)


@io_task()
def draft_sr_store(draft_id: str) -> None:
    """What cannot be stored now is found again by ``drafts_sr_resend``."""
    try:
        draft_store(UUID(draft_id))
    except (Unavailable, NotFound):
        return


@io_task(every=30.0)
def drafts_sr_resend() -> None:
    now = timezone.now()
    behind = Draft.objects.filter(
        sr_version__lt=F("version"),
        updated_at__lt=now - RESEND_AFTER,
        updated_at__gt=now - GIVE_UP_AFTER,
    ).order_by("updated_at")
    for draft_id in behind.values_list("pk", flat=True)[:20]:
        draft_sr_store.delay(str(draft_id))
