"""A real worker: it shows life while it runs, and a task of an app reaches it by Redis."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import redis as redis_library

from tests.support.processes import child, wait_until

pytestmark = [pytest.mark.services, pytest.mark.slow]


def test_a_worker_shows_life_and_takes_tasks(redis_url: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "apps.config.settings.test",
        "SYNOPTIC_DATA_DIR": str(tmp_path),
        "SYNOPTIC_REDIS_URL": redis_url,
    }
    connection = redis_library.Redis.from_url(redis_url)
    connection.flushdb()
    python = sys.executable
    log = tmp_path / "worker.log"
    with child([python, "manage.py", "migrate", "-v0"], log=log, environment=environment) as setup:
        assert setup.wait(60) == 0, log.read_text()[-2000:]
    worker = [python, "-m", "celery", "-A", "apps.config", "worker", "-Q", "io", "-c", "1", "-B"]
    send = (
        "import django; django.setup()\n"
        "from apps.registry.tasks import registry_follow\n"
        "registry_follow.delay()\n"
    )
    with child([*worker, "--loglevel", "INFO"], log=log, environment=environment):
        wait_until(
            lambda: bool(connection.exists("synoptic:alive:worker_io")),
            what="the worker's sign of life",
            patience_s=60,
        )
        with child([python, "-c", send], log=log, environment=environment) as sender:
            assert sender.wait(60) == 0
        wait_until(
            lambda: (
                "apps.registry.tasks.registry_follow" in log.read_text()
                and "succeeded" in log.read_text()
            ),
            what="the task",
            patience_s=60,
        )
    # A worker that was asked to end takes no sign of life with it: the key ends by itself.
    left = int(connection.ttl("synoptic:alive:worker_io"))
    assert left <= 15
