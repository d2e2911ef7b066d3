"""Find jobs whose worker or whose message is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.jobs.dispatch import RUNNERS, dispatch_on_commit
from apps.jobs.models import Job
from apps.jobs.services.append import job_locked
from apps.jobs.services.interrupt import interrupt_locked

# Only the first of a queue can be waiting for a message alone; the rest wait for them.
MESSAGE_LOST_AFTER: Final = timedelta(seconds=15)
HEAD_OF_QUEUE: Final = 16


def expired_interrupt() -> int:
    """Put jobs whose lease ran out back into the queue; return how many."""
    expired = Q(state=Job.State.RUNNING, lease_expires_at__lt=timezone.now())
    found = 0
    for job_id in Job.objects.filter(expired).values_list("pk", flat=True):
        with transaction.atomic():
            job = job_locked(job_id)
            ends = job.lease_expires_at
            if job.state == Job.State.RUNNING and ends is not None and ends < timezone.now():
                interrupt_locked(job, reason="worker_lost")
                found += 1
    return found


def lost_messages_resend() -> int:
    """Send the messages of jobs that should have been taken by now again; return how many."""
    sent = 0
    waiting = Job.objects.filter(state=Job.State.QUEUED, kind__in=RUNNERS)
    for queue in waiting.order_by().values_list("queue", flat=True).distinct():
        first = waiting.filter(queue=queue).order_by("created_at", "pk")[:HEAD_OF_QUEUE]
        before = timezone.now() - MESSAGE_LOST_AFTER
        for job in first:
            if job.dispatched_at is None or job.dispatched_at < before:
                with transaction.atomic():
                    dispatch_on_commit(job)
                sent += 1
    return sent
