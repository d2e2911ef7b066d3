"""Whether every part answers. Fast: it is asked several times a second while the product starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import redis
from django.db import connection
from django.db.utils import Error as DatabaseError

from apps.core import heartbeat
from apps.core.errors import ApiError
from apps.core.redis import redis_client
from apps.pacs import client as pacs

PartState = Literal["ok", "down"]
STARTING_S = 60.0

_began = time.monotonic()


def parts() -> dict[str, PartState]:
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "redis": _redis,
        "orthanc": _orthanc,
        "intake": lambda: heartbeat.alive("intake"),
        "worker_io": lambda: heartbeat.alive("worker_io"),
        "worker_gpu": lambda: heartbeat.alive("worker_gpu"),
    }
    return {name: "ok" if _holds(check) else "down" for name, check in checks.items()}


def status_of(states: dict[str, PartState]) -> Literal["ok", "starting", "degraded"]:
    if all(state == "ok" for state in states.values()):
        return "ok"
    return "starting" if time.monotonic() - _began < STARTING_S else "degraded"


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError, ApiError):
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _redis() -> bool:
    return bool(redis_client().ping())


def _orthanc() -> bool:
    return pacs.request("GET", "/system", timeout=2.0).status_code == 200
