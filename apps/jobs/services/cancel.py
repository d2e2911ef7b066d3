"""Ask a job to stop."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.jobs.models import Job
from apps.jobs.services.append import job_locked
from apps.jobs.services.finish import finish_locked

STOPPED = "Stopped on request."


@transaction.atomic
def job_cancel(job_id: UUID) -> Job:
    """A waiting job ends at once; a running one is told, and ends itself within seconds.

    Asking again, or asking a finished job, changes nothing.
    """
    job = job_locked(job_id)
    if job.is_finished:
        return job
    if job.state == Job.State.RUNNING:
        job.cancel_requested = True
        job.save(update_fields=["cancel_requested", "updated_at"])
        return job
    job.cancel_requested = True
    finish_locked(job, "cancelled", code="cancelled", user_message=STOPPED, retryable=True)
    return job
