"""How a task is declared. There is no bare ``shared_task``: the decorator fixes the queue and what
happens when a worker dies.

- ``io_task``: short work that waits for disk, database or network; queue ``io``.
- ``gpu_task``: one run of the engine; queue ``gpu``, a thread pool, so that Celery's own time
  limits do not apply and the engine keeps the time instead.

Both are acknowledged late and handed out again when their worker is lost: a task must therefore be
idempotent. ``io_task(every=seconds)`` also has beat call it at that pace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
from django.utils import timezone

PERIODIC: dict[str, dict[str, Any]] = {}
ROUTES: dict[str, dict[str, str]] = {}

# Longer than any run may take: the engine ends it long before.
GPU_TIME_LIMIT_S = 12 * 3600

P = ParamSpec("P")
R = TypeVar("R")


def _task(function: Callable[P, R], *, queue: str, time_limit: int) -> Task[P, R]:
    name = f"{function.__module__}.{function.__qualname__}"
    ROUTES[name] = {"queue": queue}
    declare: Callable[[Callable[P, R]], Task[P, R]] = shared_task(
        name=name,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        time_limit=time_limit,
    )
    return declare(function)


def io_task(
    *, every: float | None = None, time_limit_s: int = 600
) -> Callable[[Callable[P, R]], Task[P, R]]:
    def declare(function: Callable[P, R]) -> Task[P, R]:
        made = _task(function, queue="io", time_limit=time_limit_s)
        if every is not None:
            # A call that could not start before the next one is due is dropped.
            name = f"{function.__module__}.{function.__qualname__}"
            PERIODIC[name] = {
                "task": name,
                "schedule": every,
                "options": {"expires": every, "queue": "io"},
            }
        return made

    return declare


def gpu_task() -> Callable[[Callable[P, R]], Task[P, R]]:
    def declare(function: Callable[P, R]) -> Task[P, R]:
        return _task(function, queue="gpu", time_limit=GPU_TIME_LIMIT_S)

    return declare


def route(name: str, *_: Any, **__: Any) -> dict[str, str] | None:
    """Celery's router: the queue that the decorator fixed."""
    return ROUTES.get(name)


@io_task(every=3600.0)
def idempotency_expire() -> None:
    from apps.core.models import IdempotencyKey

    before = timezone.now() - dt.timedelta(days=7)
    IdempotencyKey.objects.filter(created_at__lt=before).delete()
