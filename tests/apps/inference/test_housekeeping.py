"""What is left in the data folder when workers die and studies go."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from apps.inference.models import Artifact
from apps.inference.tasks import ORPHAN_AFTER_S, runs_clean
from apps.jobs.models import Job, JobEvent
from apps.jobs.services.create import job_create
from apps.jobs.services.start import job_start
from apps.studies import extensions


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)


def _job() -> Job:
    return job_create(
        user=None, pipeline="p", version="1", inputs={}, params={}, study_uid="2.25.1"
    )


def _folder(path: Path, *, old: bool) -> Path:
    path.mkdir(parents=True)
    (path / "file").write_text("x")
    if old:
        past = time.time() - ORPHAN_AFTER_S - 60
        os.utime(path, (past, past))
    return path


@pytest.mark.django_db
def test_only_orphans_are_removed(data_dir: Path) -> None:
    job = _job()
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    held = _folder(data_dir / "runs" / f"{job.pk}-{lease.token}", old=True)
    fresh = _folder(data_dir / "runs" / f"{uuid4()}-{uuid4()}", old=False)
    orphan = _folder(data_dir / "runs" / f"{job.pk}-{uuid4()}", old=True)
    kept = _folder(data_dir / "artifacts" / str(job.pk), old=True)
    gone = _folder(data_dir / "artifacts" / str(UUID(int=1)), old=True)
    runs_clean()
    runs_clean()
    assert [path.exists() for path in (held, fresh, orphan, kept, gone)] == [
        True,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.django_db(transaction=True)
def test_deleted_study_takes_its_jobs_and_files_along(data_dir: Path) -> None:
    job, other = _job(), job_create(user=None, pipeline="p", version="1", inputs={}, params={})
    folder = _folder(data_dir / "artifacts" / str(job.pk), old=False)
    Artifact.objects.create(
        job=job,
        key="k",
        kind="json",
        title="t",
        media_type="application/json",
        path=f"artifacts/{job.pk}/file",
    )
    extensions.remove("2.25.1")
    assert not folder.exists()
    assert list(Job.objects.all()) == [other]
    assert not JobEvent.objects.filter(job_id=job.pk).exists()
