from __future__ import annotations

import pytest

from apps.core import heartbeat
from apps.core.redis import redis_client
from tests.support.processes import wait_until

pytestmark = pytest.mark.services


def test_a_sign_of_life_ends_by_itself(redis: str) -> None:
    assert not heartbeat.alive("intake")
    heartbeat.beat("intake")
    assert heartbeat.alive("intake")
    left = redis_client().ttl("synoptic:alive:intake")
    assert 0 < int(left) <= heartbeat.LIFE_S


def test_a_process_without_redis_goes_on(redis: str, settings: pytest.FixtureRequest) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"  # type: ignore[attr-defined]
    redis_client.cache_clear()
    heartbeat.beat("intake")


def test_a_thread_keeps_the_sign_alive(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)
    heartbeat.start("worker_io")
    redis_client().delete("synoptic:alive:worker_io")
    wait_until(lambda: heartbeat.alive("worker_io"), what="the next beat", patience_s=3)
    heartbeat.stop()
