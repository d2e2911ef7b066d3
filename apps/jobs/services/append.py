"""Number events and store them under the job's row lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.doorbell import ring_on_commit
from apps.jobs.lease import Lease, LeaseLost, require_lease
from apps.jobs.models import Job, JobEvent
from apps.studies.selectors import studies_head

STUDIES_STREAM: Final = "studies"

EventRow = tuple[str, dict[str, Any]]


def job_locked(job_id: UUID) -> Job:
    """The job, locked until the transaction ends.

    On SQLite every transaction begins IMMEDIATE, which is the same promise for all rows.
    """
    return Job.objects.select_for_update().get(pk=job_id)


def held_locked(lease: Lease) -> Job:
    """The job, locked. Raises ``LeaseLost`` when another holds it, it has ended or is gone."""
    job = Job.objects.select_for_update().filter(pk=lease.job_id).first()
    if job is None:
        raise LeaseLost(f"Job {lease.job_id} was deleted.")
    require_lease(job, lease)
    return job


def append_locked(job: Job, rows: Sequence[EventRow], changed: Iterable[str] = ()) -> None:
    """Add ``rows`` to the stream of a locked ``job`` and save its ``changed`` fields with them."""
    now = timezone.now()
    JobEvent.objects.bulk_create(
        JobEvent(job=job, seq=job.head + number, ts=now, type=kind, data=data)
        for number, (kind, data) in enumerate(rows, start=1)
    )
    job.head += len(rows)
    job.save(update_fields={"head", "updated_at", *changed})
    if rows:
        ring_on_commit(job.stream, job.head)


def study_hint(job: Job) -> None:
    """Whoever looks at a list of studies sees that one has, or no longer has, a running job."""
    if job.study_uid:
        ring_on_commit(STUDIES_STREAM, studies_head())


def job_events_append(lease: Lease, rows: Sequence[EventRow], progress: float | None = None) -> int:
    """Append what a running attempt tells; return the number of its last event.

    Raises ``LeaseLost`` when another worker holds the job by now, or it has ended.
    """
    with transaction.atomic():
        job = held_locked(lease)
        if progress is not None:
            job.progress = progress
        append_locked(job, rows, ("progress",))
    return job.head
