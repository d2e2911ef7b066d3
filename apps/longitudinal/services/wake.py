"""Have a worker look for scans that a prediction waits for. A lost message costs only time: the
sweep looks by itself."""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from celery import current_app

log = logging.getLogger(__name__)

TASK: Final = "apps.longitudinal.tasks.prediction_score"


def scoring_wake(prediction_id: UUID) -> None:
    try:
        current_app.send_task(TASK, args=[str(prediction_id)], queue="io", retry=False)
    except Exception:
        log.warning("The scoring of a prediction could not be asked for.", exc_info=True)
