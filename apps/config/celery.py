"""The Celery application: queues ``io`` and ``gpu``, JSON only, settings in Django's settings."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Any

# Idle OpenMP threads must sleep: spinning ones take the processor from the other processes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.config.settings.dev")

from celery import Celery
from celery.signals import (
    beat_embedded_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from apps.core import heartbeat
from apps.core.tasks import PERIODIC, route

app = Celery("synoptic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The same object that ``io_task(every=…)`` fills while the tasks of the apps are imported.
app.conf.beat_schedule = PERIODIC
app.conf.task_routes = (route,)


@worker_ready.connect
def _show_life(sender: Any, **_: object) -> None:
    for queue in sender.app.amqp.queues.consume_from:
        heartbeat.start(f"worker_{queue}")


@worker_shutting_down.connect
def _end_life(**_: object) -> None:
    heartbeat.stop()


PR_SET_PDEATHSIG = 1


@worker_process_init.connect
@beat_embedded_init.connect
def _end_with_the_worker(**_: object) -> None:
    """A worker killed outright cannot end its pool and its beat; the kernel does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
