"""Signs of life of the processes: a key in Redis that ends unless it is renewed."""

from __future__ import annotations

import logging
import threading

import redis

from apps.core.redis import redis_client

EVERY_S = 4.0
LIFE_S = 15

log = logging.getLogger(__name__)
_running: list[threading.Event] = []


def _key(part: str) -> str:
    return f"synoptic:alive:{part}"


def beat(part: str) -> None:
    """One sign of life; without Redis it is lost, which is what the health page then shows."""
    try:
        redis_client().set(_key(part), 1, ex=LIFE_S)
    except redis.RedisError:
        log.warning("no sign of life of %s: Redis does not answer", part)


def alive(part: str) -> bool:
    return bool(redis_client().exists(_key(part)))


def start(part: str) -> None:
    """Beat from a thread of its own until ``stop``."""

    ended = threading.Event()
    _running.append(ended)

    def keep() -> None:
        while not ended.wait(EVERY_S):
            beat(part)

    beat(part)
    threading.Thread(target=keep, name=f"heartbeat-{part}", daemon=True).start()


def stop() -> None:
    while _running:
        _running.pop().set()
