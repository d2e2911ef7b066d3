"""What the workers of the gpu queue do, and the cleaning up behind workers that died."""

from __future__ import annotations

import shutil
import time
from typing import Final
from uuid import UUID

from celery import current_task

from apps.core.tasks import gpu_task, io_task
from apps.inference.run import job_attempt, runs_folder
from apps.jobs.models import Job

ORPHAN_AFTER_S: Final = 3600.0


@gpu_task()
def job_run(job_id: str) -> None:
    job_attempt(UUID(job_id), worker=current_task.request.hostname or "worker")


@io_task(every=600.0)
def runs_clean() -> None:
    """Remove the folders of runs whose worker died."""
    for folder in runs_folder().glob("*-*"):
        token = folder.name[37:]
        old = time.time() - folder.stat().st_mtime > ORPHAN_AFTER_S
        if old and not Job.objects.filter(state=Job.State.RUNNING, lease_token=token).exists():
            shutil.rmtree(folder, ignore_errors=True)
