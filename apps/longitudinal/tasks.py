"""Scans that predictions wait for are looked for whenever the index has changed."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from apps.core.tasks import io_task
from apps.longitudinal.services.scoring import scores_sweep
from apps.studies.selectors import studies_head

SWEEP_EVERY_S: Final = 4.0
# Whatever the index says.
SWEEP_AT_LEAST_S: Final = 600.0

# What this process has swept: the index's revision, and when. A new process sweeps at once.
_swept: tuple[int, float] | None = None


@io_task(every=SWEEP_EVERY_S)
def predictions_sweep() -> None:
    """Nothing but one small query while no study arrives."""
    global _swept  # noqa: PLW0603 - one mark per process
    head, now = studies_head(), time.monotonic()
    if _swept is not None and _swept[0] == head and now - _swept[1] < SWEEP_AT_LEAST_S:
        return
    scores_sweep()
    # Only now: what failed is looked at again.
    _swept = (head, now)


@io_task()
def prediction_score(prediction_id: str) -> None:
    scores_sweep(UUID(prediction_id))
