"""Tell waiting jobs that they have moved up."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from apps.jobs.models import Job
from apps.jobs.services.append import append_locked, job_locked

# Near the front every step is told; further back only a move of a tenth, so that a long queue
# does not write a row per job at each step.
NEAR: Final = 20


def _worth_telling(told: int | None, position: int) -> bool:
    if told is None or position <= NEAR:
        return told != position
    return abs(told - position) * 10 >= told


def positions_announce() -> int:
    """Append ``job.queued`` to every waiting job whose place changed; return how many."""
    places: dict[str, int] = {}
    told = 0
    waiting = Job.objects.filter(state=Job.State.QUEUED).order_by("created_at", "pk")
    for job_id, queue, known in waiting.values_list("pk", "queue", "position"):
        places[queue] = position = places.get(queue, 0) + 1
        if not _worth_telling(known, position):
            continue
        with transaction.atomic():
            job = job_locked(job_id)
            if job.state == Job.State.QUEUED:
                job.position = position
                queued = {"attempt": job.attempt, "position": position}
                append_locked(job, [("job.queued", queued)], ("position",))
                told += 1
    return told
