"""Read jobs and their streams."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from django.db.models import QuerySet

from apps.jobs.models import Job, JobEvent
from apps.jobs.projection import Projection, SequenceGap, project
from apps.jobs.states import is_finished

PAGE: Final = 200
STREAM_PREFIX: Final = "job:"


def jobs_shown() -> QuerySet[Job]:
    """Jobs with what is shown of them, in one query (the draft is hung on by another part)."""
    return Job.objects.select_related("created_by", "draft").defer("result", "snapshot")


def job_id_of(stream: str) -> UUID | None:
    """The job that a stream's name means, if it means one."""
    if not stream.startswith(STREAM_PREFIX):
        return None
    try:
        job_id = UUID(stream.removeprefix(STREAM_PREFIX))
    except ValueError:
        return None
    return job_id if f"{STREAM_PREFIX}{job_id}" == stream else None


def envelope(stream: str, row: JobEvent) -> dict[str, Any]:
    """A row as it goes over the wire."""
    ts = row.ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "v": 1,
        "stream": stream,
        "seq": row.seq,
        "ts": ts,
        "type": row.type,
        "data": row.data,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """What follows a cursor: the next events, or a snapshot where they cannot be had gaplessly."""

    epoch: str
    head: int
    finished: bool
    events: tuple[dict[str, Any], ...] = ()
    snapshot: Projection | None = None

    @property
    def last(self) -> int | None:
        if self.snapshot is not None:
            return self.snapshot["seq"]
        return self.events[-1]["seq"] if self.events else None


def stream_page(
    job_id: UUID, *, after: int, epoch: str | None = None, limit: int = PAGE
) -> StreamPage | None:
    """The page of a job's stream after ``after``, or nothing when there is no such job.

    A snapshot is given when ``epoch`` is not the stream's, when ``after`` lies beyond its head,
    and when rows between were compacted.
    """
    # A second look is enough: only one compaction can come between the two reads.
    for _ in range(2):
        job = Job.objects.only("state", "head", "epoch", "snapshot").filter(pk=job_id).first()
        if job is None:
            return None
        snapshot_of = job
        finished = is_finished(job.state)
        if after > job.head or (after > 0 and epoch not in (None, job.epoch)):
            break
        if after == job.head:
            return StreamPage(epoch=job.epoch, head=job.head, finished=finished)
        if job.snapshot is not None:
            break
        rows = list(JobEvent.objects.filter(job_id=job_id, seq__gt=after).order_by("seq")[:limit])
        numbers = [after, *(row.seq for row in rows)]
        if rows and all(b == a + 1 for a, b in itertools.pairwise(numbers)):
            events = tuple(envelope(job.stream, row) for row in rows)
            head = max(job.head, rows[-1].seq)
            # The end may have been stored between the two reads.
            ended = finished or rows[-1].type == "job.finished"
            return StreamPage(epoch=job.epoch, head=head, finished=ended, events=events)
    snapshot = _snapshot(snapshot_of)
    return StreamPage(
        epoch=snapshot_of.epoch, head=snapshot["seq"], finished=finished, snapshot=snapshot
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    epoch: str
    head: int
    finished: bool


def stream_heads(job_ids: Sequence[UUID]) -> dict[str, StreamPosition]:
    """Where the streams of these jobs stand, by the stream's name."""
    rows = Job.objects.filter(pk__in=job_ids).values_list("pk", "epoch", "head", "state")
    return {
        f"{STREAM_PREFIX}{pk}": StreamPosition(epoch=epoch, head=head, finished=is_finished(state))
        for pk, epoch, head, state in rows
    }


def _snapshot(job: Job) -> Projection:
    if job.snapshot is None:
        rows = JobEvent.objects.filter(job_id=job.pk).order_by("seq")
        try:
            return project((envelope(job.stream, row) for row in rows), job.stream)
        except SequenceGap:
            # Compacted a moment ago.
            job.refresh_from_db(fields=["epoch", "snapshot"])
    return cast("Projection", job.snapshot)
