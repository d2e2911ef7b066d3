"""One attempt at one job: fetch the images, run the engine, store what comes out, end the job."""

from __future__ import annotations

import errno
import logging
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection

from apps.core.errors import ApiError
from apps.inference.attendant import Attendant
from apps.inference.engine import engine
from apps.inference.outputs import artifact_event, artifact_store
from apps.jobs.lease import Lease, LeaseLost
from apps.jobs.models import Job
from apps.jobs.services.cancel import STOPPED
from apps.jobs.services.finish import job_finish
from apps.jobs.services.interrupt import ORDERLY, job_interrupt
from apps.jobs.services.start import job_start
from apps.pacs.errors import PacsFailed, PacsUnavailable
from apps.pacs.resources import series_fetch
from apps.registry.selectors import pipeline_served
from apps.studies.models import Series
from ml.contracts.errors import Cancelled, InputRefused, MlError
from ml.contracts.request import ImageInput, RunRequest

logger = logging.getLogger(__name__)

# An archive that is being restarted is back within seconds.
PACS_WAITS_S: Final = (1.0, 2.0, 4.0, 8.0)
# Together less than a lease.
DATABASE_WAITS_S: Final = (0.5, 1.0, 2.0, 4.0)
DISK_FULL: Final = "The disk of the server is full. An administrator must make room."
INTERNAL: Final = "Something went wrong on our side. It has been logged."

T = TypeVar("T")


def runs_folder() -> Path:
    return Path(settings.DATA_DIR) / "runs"


def job_attempt(job_id: UUID, *, worker: str) -> None:
    """Run the job if it waits. Ends it, or gives it back to the queue; never raises for a run
    that failed."""
    job = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).first()
    if job is None:
        return
    refused, version = None, job.version
    try:
        version = pipeline_served(job.pipeline).version
    except ApiError as error:
        refused = error
    lease = job_start(job_id, worker=worker, version=version)
    if lease is None:
        return
    try:
        if refused is not None:
            job_finish(lease, "failed", code=refused.code, user_message=refused.user_message)
            return
        _attempt(lease, job)
    except LeaseLost:
        logger.warning("Attempt %d of job %s was taken over.", lease.attempt, lease.job_id)


def _attempt(lease: Lease, job: Job) -> None:
    folder = runs_folder() / f"{job.pk}-{lease.token}"
    attendant = Attendant(lease)
    failure: Exception | None = None
    result: dict[str, Any] | None = None
    try:
        with attendant:
            result = _run(job, folder, attendant)
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - every end of a run is told below
        failure = error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    attendant.require()
    _with_database(lambda: _end(attendant, failure, result))


def _end(attendant: Attendant, failure: Exception | None, result: dict[str, Any] | None) -> None:
    """The job's end, or its way back into the queue, as the run ended."""
    lease = attendant.lease
    if failure is None:
        job_finish(lease, "succeeded", result=result)
    elif isinstance(failure, Cancelled):
        _stopped(lease, attendant)
    elif isinstance(failure, MlError):
        _failed(lease, failure)
    elif isinstance(failure, (PacsUnavailable, PacsFailed)):
        job_interrupt(lease, reason=failure.code, code=failure.code)
    else:
        full = isinstance(failure, OSError) and failure.errno == errno.ENOSPC
        logger.error("Job %s failed unforeseen.", lease.job_id, exc_info=failure)
        job_finish(
            lease,
            "failed",
            code="disk_full" if full else "internal_error",
            user_message=DISK_FULL if full else INTERNAL,
            incomplete=True,
            retryable=True,
        )


def _with_database(write: Callable[[], None]) -> None:
    """Write, and again while the database is away. When it stays away the lease runs out."""
    for wait in (*DATABASE_WAITS_S, None):
        try:
            write()
        except DatabaseFault:
            connection.close()
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return


def _stopped(lease: Lease, attendant: Attendant) -> None:
    if attendant.shutting_down or not attendant.cancel.cancelled:
        job_interrupt(lease, reason=ORDERLY if attendant.shutting_down else "worker_lost")
        return
    job_finish(
        lease, "cancelled", code="cancelled", user_message=STOPPED, incomplete=True, retryable=True
    )


def _failed(lease: Lease, error: MlError) -> None:
    if not error.permanent:
        job_interrupt(lease, reason=error.code, code=error.code)
        return
    job_finish(
        lease,
        "failed",
        code=error.code,
        user_message=error.user_message,
        incomplete=not isinstance(error, InputRefused),
        retryable=error.code in {"out_of_memory", "time_limit", "weights_missing"},
    )


def _run(job: Job, folder: Path, attendant: Attendant) -> dict[str, Any]:
    """Pump one run; return its result (the run capsule). Raises what stops it."""
    images = {
        name: ImageInput(path=_input_fetch(uid, folder / name, attendant), kind="dicom")
        for name, uid in job.inputs.items()
    }
    out_dir = folder / "out"
    out_dir.mkdir(parents=True)
    request = RunRequest(
        pipeline=job.pipeline,
        run_id=str(job.pk),
        inputs=images,
        out_dir=out_dir,
        params=job.params,
        seed=job.seed,
        override_reason=job.override_reason,
    )
    result: dict[str, Any] = {}
    for event in engine().run(request, attendant.cancel):
        if event.type == "artifact.ready":
            ready: Any = event.data
            store = partial(artifact_store, attendant.lease, out_dir, ready)
            artifact = _with_patience(store, attendant)
            attendant.tell("artifact.stored", artifact_event(artifact))
        elif event.type == "result":
            result = event.data
        else:
            attendant.tell(event.type, event.data)
    return result


def _input_fetch(series_uid: str, folder: Path, attendant: Attendant) -> Path:
    series = Series.objects.filter(series_uid=series_uid).first()
    if series is None:
        raise InputRefused("The series is no longer in the archive.")
    fetch = partial(series_fetch, series.orthanc_id, folder, check=attendant.cancel.check)
    _with_patience(fetch, attendant)
    return folder


def _with_patience(ask: Callable[[], T], attendant: Attendant) -> T:
    """Ask the archive, and again while it is away."""
    for wait in (*PACS_WAITS_S, None):
        attendant.require()
        try:
            return ask()
        except PacsUnavailable:
            if wait is None:
                raise
            # Someone who stops the job does not wait for the archive.
            deadline = time.monotonic() + wait
            while time.monotonic() < deadline:
                attendant.cancel.check()
                time.sleep(0.1)
    raise PacsUnavailable
