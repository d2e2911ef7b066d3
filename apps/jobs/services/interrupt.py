"""A job's worker is gone: queue it again, or give up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from apps.jobs.dispatch import dispatch_on_commit
from apps.jobs.lease import Lease
from apps.jobs.models import Job
from apps.jobs.services.append import append_locked, held_locked
from apps.jobs.services.cancel import STOPPED
from apps.jobs.services.create import queue_position
from apps.jobs.services.finish import finish_locked
from apps.jobs.states import require_transition

MAX_ATTEMPTS: Final = 3
# A worker that ends in good order says nothing about the job.
ORDERLY: Final = "worker_shutdown"
# An archive that is being restarted or moved is back within minutes: wait after the first attempt,
# and after the second.
PACS_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=4))
GAVE_UP: Final = (
    "The run was interrupted three times and was given up. If it happens again, an administrator "
    "should look at the worker."
)


def interrupt_locked(job: Job, *, reason: str, code: str = "worker_lost") -> None:
    """From running back into the queue with the next attempt, in one transaction.

    A job that was being stopped is stopped, and after the last attempt it has failed. Attempts
    that ended because their worker was shut down do not count.
    """
    require_transition("running", "interrupted")
    job.state = Job.State.INTERRUPTED
    job.lease_token = job.lease_expires_at = None
    interrupted = ("job.interrupted", {"attempt": job.attempt, "reason": reason})
    append_locked(job, [interrupted], ("state", "lease_token", "lease_expires_at"))
    if job.cancel_requested:
        finish_locked(
            job,
            "cancelled",
            code="cancelled",
            user_message=STOPPED,
            incomplete=True,
            retryable=True,
        )
        return
    spent = job.attempt - _orderly_ends(job)
    if spent >= MAX_ATTEMPTS:
        finish_locked(
            job, "failed", code=code, user_message=GAVE_UP, incomplete=True, retryable=True
        )
        return
    require_transition("interrupted", "queued")
    job.state = Job.State.QUEUED
    job.attempt += 1
    job.progress = None
    job.position = queue_position(job)
    queued = ("job.queued", {"attempt": job.attempt, "position": job.position})
    append_locked(job, [queued], ("state", "attempt", "progress", "position"))
    dispatch_on_commit(job, later=_wait(reason, spent))


def _orderly_ends(job: Job) -> int:
    ends = job.events.filter(type="job.interrupted").values_list("data", flat=True)
    return sum(data["reason"] == ORDERLY for data in ends)


def _wait(reason: str, spent: int) -> timedelta:
    if not reason.startswith("pacs_"):
        return timedelta()
    return PACS_WAITS[min(max(spent, 1), len(PACS_WAITS)) - 1]


def job_interrupt(lease: Lease, *, reason: str, code: str = "worker_lost") -> None:
    """The holder gives the job back because it cannot go on itself. Raises ``LeaseLost``."""
    with transaction.atomic():
        job = held_locked(lease)
        interrupt_locked(job, reason=reason, code=code)
