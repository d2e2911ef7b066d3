"""Make a job and put it into its queue."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.jobs.dispatch import dispatch_on_commit
from apps.jobs.models import Job
from apps.jobs.services.append import append_locked, study_hint
from apps.jobs.signals import job_retried


def queue_position(job: Job) -> int:
    """1 for the job that is run next."""
    before = Q(created_at__lt=job.created_at) | Q(created_at=job.created_at, pk__lt=job.pk)
    return Job.objects.filter(before, state=Job.State.QUEUED, queue=job.queue).count() + 1


@transaction.atomic
def job_create(
    *,
    user: User | None,
    pipeline: str,
    version: str,
    inputs: dict[str, Any],
    params: dict[str, Any],
    study_uid: str = "",
    queue: str = "gpu",
    kind: str = "pipeline",
    seed: int = 0,
    override_reason: str = "",
    retry_of: Job | None = None,
) -> Job:
    """A queued job. Its message goes to the broker when the transaction is committed."""
    job = Job.objects.create(
        kind=kind,
        queue=queue,
        pipeline=pipeline,
        version=version,
        study_uid=study_uid,
        inputs=inputs,
        params=params,
        seed=seed,
        override_reason=override_reason,
        created_by=user,
        retry_of=retry_of,
    )
    job.position = queue_position(job)
    append_locked(
        job, [("job.queued", {"attempt": job.attempt, "position": job.position})], ("position",)
    )
    dispatch_on_commit(job)
    study_hint(job)
    if retry_of is not None:
        job_retried.send(sender=Job, job=job, of=retry_of)
    return job
