"""Housekeeping that beat calls."""

from __future__ import annotations

from apps.core.tasks import io_task
from apps.jobs.services.compact import finished_compact
from apps.jobs.services.positions import positions_announce
from apps.jobs.services.reap import expired_interrupt, lost_messages_resend


@io_task(every=2.0)
def jobs_reap() -> None:
    """Bring back what lost its worker or its message, and tell the queue its order."""
    expired_interrupt()
    lost_messages_resend()
    positions_announce()


@io_task(every=300.0)
def jobs_compact() -> None:
    finished_compact()
