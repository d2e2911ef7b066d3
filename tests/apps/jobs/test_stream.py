"""Reading a stream: pages, resets, and what compaction leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.jobs.lease import Lease
from apps.jobs.models import Job, JobEvent
from apps.jobs.projection import apply, empty, project
from apps.jobs.selectors import PAGE, envelope, job_id_of, stream_page
from apps.jobs.services.append import job_events_append
from apps.jobs.services.compact import COMPACT_AFTER, finished_compact, job_compact
from apps.jobs.services.finish import job_finish
from apps.jobs.services.start import job_start
from tests.apps.jobs.conftest import MakeJob


def _speak(lease: Lease, words: int, *, whole: bool = True) -> None:
    started = {"message": "s1", "kind": "sentence", "section": "findings", "evidence": []}
    rows: list[tuple[str, dict[str, Any]]] = [("message.started", started)]
    rows += [("message.delta", {"message": "s1", "text": f"w{n} "}) for n in range(words)]
    if whole:
        end = {"message": "s1", "text": "Done.", "section": "findings", "evidence": []}
        rows.append(("message.finished", {**end, "linked": True}))
    job_events_append(lease, rows)


def _finished(make_job: MakeJob, words: int = 20, *, whole: bool = True) -> Job:
    job = make_job()
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    _speak(lease, words, whole=whole)
    job_finish(lease, "cancelled" if not whole else "succeeded", incomplete=not whole)
    job.refresh_from_db()
    return job


def _page(job: Job, after: int, **options: Any) -> Any:
    page = stream_page(job.pk, after=after, **options)
    assert page is not None
    return page


def test_pages_join_without_gap(make_job: MakeJob) -> None:
    job = _finished(make_job, words=PAGE * 2 + 10)
    state, cursor = empty(job.stream), 0
    while cursor < job.head:
        page = _page(job, cursor)
        assert 0 < len(page.events) <= PAGE
        for event in page.events:
            state = apply(state, event)
        cursor = page.last
    rows = job.events.order_by("seq")
    assert state == project((envelope(job.stream, row) for row in rows), job.stream)
    assert _page(job, cursor).events == ()


def test_unknown_job_and_unknown_names(make_job: MakeJob) -> None:
    assert stream_page(uuid4(), after=0) is None
    for name in ("job:", "job:1", "studies", "job:../../etc", f"JOB:{uuid4()}", f"job:{uuid4()} "):
        assert job_id_of(name) is None


def test_another_epoch_and_a_cursor_from_the_future_reset(make_job: MakeJob) -> None:
    job = _finished(make_job)
    for page in (_page(job, 3, epoch="other"), _page(job, job.head + 5, epoch=job.epoch)):
        assert page.events == ()
        assert page.snapshot["seq"] == job.head
        assert page.snapshot["state"] == "succeeded"
    assert _page(job, 3, epoch=job.epoch).snapshot is None
    # From the beginning there is nothing that could not fit.
    assert _page(job, 0, epoch="other").snapshot is None


@pytest.mark.parametrize("whole", [True, False])
def test_compaction_keeps_the_state_and_drops_the_rows(make_job: MakeJob, whole: bool) -> None:
    job = _finished(make_job, whole=whole)
    before = _page(job, job.head + 1).snapshot
    rows, epoch = job.events.count(), job.epoch
    job_compact(job.pk)
    job_compact(job.pk)
    job.refresh_from_db()
    assert job.events.count() == rows - 20
    assert job.epoch != epoch
    for after in (0, 5, job.head - 1):
        page = _page(job, after, epoch=job.epoch)
        assert page.events == ()
        assert page.snapshot == before
    # Whoever has read to the end misses nothing.
    assert _page(job, job.head, epoch=job.epoch).snapshot is None
    assert _page(job, job.head, epoch=epoch).snapshot == before


def test_only_old_finished_jobs_are_compacted(make_job: MakeJob) -> None:
    job, running = _finished(make_job), make_job()
    assert finished_compact() == 0
    past = timezone.now() - COMPACT_AFTER - timedelta(seconds=1)
    Job.objects.update(finished_at=past)
    assert finished_compact() == 1
    assert finished_compact() == 0
    running.refresh_from_db()
    job.refresh_from_db()
    assert running.snapshot is None
    assert job.snapshot is not None


def test_compaction_between_two_reads_gives_the_snapshot(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are read after the job: what was compacted in between must not leave a hole."""
    job = _finished(make_job)
    real = JobEvent.objects.filter

    def compact_first(**where: Any) -> Any:
        monkeypatch.setattr(JobEvent.objects, "filter", real)
        job_compact(job.pk)
        return real(**where)

    monkeypatch.setattr(JobEvent.objects, "filter", compact_first)
    page = _page(job, 2)
    assert page.snapshot is not None
    assert page.snapshot["seq"] == job.head


@pytest.mark.django_db
@given(after=st.integers(0, 40), limit=st.integers(1, 12))
def test_any_page_is_contiguous(after: int, limit: int) -> None:
    job = Job.objects.create(pipeline="p", version="1", state="running", lease_token=uuid4())
    lease = Lease(job_id=job.pk, token=job.lease_token or uuid4(), attempt=1)
    _speak(lease, 30)
    page = stream_page(job.pk, after=after, limit=limit)
    assert page is not None
    if page.snapshot is None:
        numbers = [event["seq"] for event in page.events]
        assert numbers == list(range(after + 1, after + 1 + len(numbers)))
        assert len(numbers) == min(limit, page.head - after)
    else:
        assert after > page.head
