"""Take out of finished streams what only mattered while they ran."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.doorbell import ring_on_commit
from apps.jobs.models import Job, JobEvent, new_epoch
from apps.jobs.projection import project
from apps.jobs.selectors import envelope
from apps.jobs.services.append import job_locked
from apps.jobs.states import FINISHED

COMPACT_AFTER: Final = timedelta(hours=1)
TRANSIENT: Final = ("message.delta", "step.progress", "preview.updated")
BATCH: Final = 50


@transaction.atomic
def job_compact(job_id: UUID) -> None:
    """Keep the folded state as a snapshot and drop the transient rows.

    The numbers have holes from then on, so the epoch changes: whoever was in the middle of the
    stream gets the snapshot instead of a partial recovery.
    """
    job = job_locked(job_id)
    if not job.is_finished or job.snapshot is not None:
        return
    rows = [envelope(job.stream, row) for row in job.events.order_by("seq")]
    job.snapshot = dict(project(rows, job.stream))
    job.epoch = new_epoch()
    JobEvent.objects.filter(job=job, type__in=TRANSIENT).delete()
    job.save(update_fields=["snapshot", "epoch", "updated_at"])
    ring_on_commit(job.stream, job.head)


def finished_compact() -> int:
    """Compact what finished some time ago, a batch at a time; return how many."""
    due = Job.objects.filter(
        state__in=FINISHED,
        finished_at__lt=timezone.now() - COMPACT_AFTER,
        snapshot__isnull=True,
    ).order_by("finished_at")
    found = list(due.values_list("pk", flat=True)[:BATCH])
    for job_id in found:
        job_compact(job_id)
    return len(found)
