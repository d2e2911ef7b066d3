"""Put a job's message on the broker's queue.

The message only wakes a worker; the job's row says whether there is anything to do. A lost or a
doubled message is therefore harmless.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from apps.jobs.models import Job

logger = logging.getLogger(__name__)

# By name: the runners live above this layer.
RUNNERS: Final = {"pipeline": "apps.inference.tasks.job_run"}


def _send(task: str, queue: str, job_id: UUID) -> None:
    try:
        current_app.send_task(task, args=[str(job_id)], queue=queue, retry=False)
    except Exception:
        # The broker is away; the reaper sends it again.
        logger.warning("Job %s could not be sent to its queue.", job_id, exc_info=True)


def dispatch_on_commit(job: Job, *, later: timedelta = timedelta()) -> None:
    """Send the job's message once the surrounding transaction is committed.

    A message that is due ``later`` is left to the reaper, as if it had been lost then: a worker
    that held it until its time could end meanwhile.
    """
    job.dispatched_at = timezone.now() + later
    job.save(update_fields=["dispatched_at"])
    if later:
        return
    transaction.on_commit(partial(_send, RUNNERS[job.kind], job.queue, job.pk))
