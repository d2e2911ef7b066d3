"""What the workers of the gpu queue do, and the cleaning up behind workers that died."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final
from uuid import UUID

from celery import current_task
from celery.exceptions import Reject

from apps.core.tasks import gpu_task, io_task
from apps.inference.attendant import shutting_down
from apps.inference.outputs import artifacts_folder
from apps.inference.run import job_attempt, runs_folder
from apps.jobs.models import Job

ORPHAN_AFTER_S: Final = 3600.0
REFUSE_EVERY_S: Final = 0.2


@gpu_task()
def job_run(job_id: str) -> None:
    if shutting_down():
        # The job that this worker has just handed back may come to it again, while it still
        # listens: it leaves it to the others.
        time.sleep(REFUSE_EVERY_S)
        raise Reject("The worker ends.", requeue=True)
    job_attempt(UUID(job_id), worker=current_task.request.hostname or "worker")


@io_task(every=600.0)
def runs_clean() -> None:
    """Remove the folders of runs whose worker died, and of jobs that are no more."""
    running = Job.objects.filter(state=Job.State.RUNNING)
    held = {f"{job.pk}-{job.lease_token}" for job in running.only("lease_token")}
    for folder in _old_folders(runs_folder()):
        if folder.name not in held:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _old_folders(artifacts_folder()):
        if not Job.objects.filter(pk=folder.name).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _old_folders(parent: Path) -> list[Path]:
    before = time.time() - ORPHAN_AFTER_S
    return [folder for folder in parent.glob("*-*") if folder.stat().st_mtime < before]
