"""The one end of a job."""

from __future__ import annotations

import logging
from typing import Any, Final, cast

from django.db import transaction
from django.utils import timezone

from apps.jobs.lease import Lease
from apps.jobs.models import Job
from apps.jobs.services.append import append_locked, held_locked, study_hint
from apps.jobs.signals import job_finishing
from apps.jobs.states import JobState, Outcome, require_transition

logger = logging.getLogger(__name__)

LOST_RESULT: Final = (
    "The run ended, but what it found could not be kept. It has been logged; it can be run again."
)


def finish_locked(
    job: Job,
    outcome: Outcome,
    *,
    code: str = "",
    user_message: str = "",
    incomplete: bool = False,
    retryable: bool = False,
    result: dict[str, Any] | None = None,
) -> None:
    """End a locked ``job``: its state, what hangs on it, and ``job.finished``, all or nothing."""
    require_transition(cast("JobState", job.state), outcome)
    job.finished_at = timezone.now()
    job.position = None
    job.lease_token = job.lease_expires_at = None
    if result is not None:
        job.result = result
    _set_end(job, outcome, code, user_message, incomplete)
    if not _tell_receivers(job) and outcome == "succeeded":
        # A success whose draft is missing would never be looked at again.
        outcome, code, user_message = "failed", "internal_error", LOST_RESULT
        incomplete = retryable = True
        _set_end(job, outcome, code, user_message, incomplete)
    data: dict[str, Any] = {"outcome": outcome, "incomplete": incomplete}
    if code:
        data |= {"code": code, "user_message": user_message}
    if outcome != "succeeded":
        data["retryable"] = retryable
    append_locked(job, [("job.finished", data)])
    study_hint(job)


def _set_end(job: Job, outcome: Outcome, code: str, user_message: str, incomplete: bool) -> None:
    job.state, job.incomplete = outcome, incomplete
    job.error_code, job.error_message = code, user_message
    job.progress = 1.0 if outcome == "succeeded" else job.progress
    job.save()


def _tell_receivers(job: Job) -> bool:
    """Whether all receivers did their part. When one fails, what they wrote is undone; it does not
    keep the job from ending."""
    try:
        with transaction.atomic():
            job_finishing.send(sender=Job, job=job)
    except Exception:
        logger.exception("What hangs on the end of job %s failed.", job.pk)
        return False
    return True


def job_finish(
    lease: Lease,
    outcome: Outcome,
    *,
    code: str = "",
    user_message: str = "",
    incomplete: bool = False,
    retryable: bool = False,
    result: dict[str, Any] | None = None,
) -> None:
    """End the attempt that ``lease`` holds. Raises ``LeaseLost``."""
    with transaction.atomic():
        job = held_locked(lease)
        finish_locked(
            job,
            outcome,
            code=code,
            user_message=user_message,
            incomplete=incomplete,
            retryable=retryable,
            result=result,
        )
