"""Take a queued job: at most one worker gets it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.jobs.lease import LEASE_SECONDS, Lease
from apps.jobs.models import Job
from apps.jobs.services.append import append_locked, job_locked
from apps.jobs.states import require_transition


@transaction.atomic
def job_start(job_id: UUID, *, worker: str, version: str | None = None) -> Lease | None:
    """The lease, or nothing when the job is not waiting: a repeated message, or one that was
    cancelled. ``version`` is the one that serves now, when it is not the one asked for."""
    job = job_locked(job_id)
    if job.state != Job.State.QUEUED:
        return None
    require_transition("queued", "running")
    job.state = Job.State.RUNNING
    job.worker, job.version = worker, version or job.version
    job.position, job.progress = None, None
    job.started_at = job.started_at or timezone.now()
    job.lease_token = uuid.uuid4()
    job.lease_expires_at = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    job.save()
    started = {
        "attempt": job.attempt,
        "pipeline": job.pipeline,
        "version": job.version,
        "worker": worker,
    }
    append_locked(job, [("job.started", started)])
    return Lease(job_id=job.pk, token=job.lease_token, attempt=job.attempt)
