"""The right to run a job: a token that expires unless its holder keeps renewing it.

A worker that was thought dead and comes back finds its token refused, so that two workers can
never both add to one stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from apps.jobs.models import Job

LEASE_SECONDS: Final = 15.0
RENEW_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    job_id: UUID
    token: UUID
    attempt: int


class LeaseLost(Exception):
    """The job is no longer this worker's to run."""


def holds(job: Job, lease: Lease) -> bool:
    return job.state == Job.State.RUNNING and job.lease_token == lease.token


def require_lease(job: Job, lease: Lease) -> None:
    if not holds(job, lease):
        raise LeaseLost(f"Attempt {lease.attempt} of job {lease.job_id} is no longer held.")


def job_heartbeat(lease: Lease) -> None:
    """Renew the lease. Raises ``LeaseLost``."""
    held = Job.objects.filter(
        pk=lease.job_id, state=Job.State.RUNNING, lease_token=lease.token
    ).update(lease_expires_at=timezone.now() + timedelta(seconds=LEASE_SECONDS))
    if not held:
        raise LeaseLost(f"Attempt {lease.attempt} of job {lease.job_id} is no longer held.")


def cancel_requested(lease: Lease) -> bool:
    """Whether someone asked this attempt to stop. Raises ``LeaseLost``."""
    rows = Job.objects.only("state", "lease_token", "cancel_requested")
    job = rows.filter(pk=lease.job_id).first()
    if job is None:
        raise LeaseLost(f"Job {lease.job_id} was deleted.")
    require_lease(job, lease)
    return job.cancel_requested
