"""The engine's life within a worker: warm when the worker is ready, closed when it ends."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from apps.inference.attendant import shut_down_all
from apps.inference.engine import engine, engine_close
from apps.registry.models import State
from apps.registry.selectors import pipelines_offered

logger = logging.getLogger(__name__)


def _warm() -> None:
    names = pipelines_offered().filter(enabled=True, state=State.AVAILABLE, queue="gpu")
    try:
        engine().warm([pipeline.name for pipeline in names])
    except Exception:
        # The first job loads what it needs, and says so if it cannot.
        logger.exception("The engine could not be warmed.")


@worker_ready.connect
def _ready(sender: Any, **_: object) -> None:
    if "gpu" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=_warm, name="warm", daemon=True).start()


@worker_shutting_down.connect
def _shutting_down(**_: object) -> None:
    shut_down_all()


@worker_shutdown.connect
def _shutdown(**_: object) -> None:
    engine_close()
