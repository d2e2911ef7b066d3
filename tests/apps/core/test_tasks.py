from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from apps.config.celery import app
from apps.core.tasks import PERIODIC

OURS = "apps."


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if name.startswith(OURS)}


def test_every_task_survives_the_loss_of_its_worker(declared: dict[str, Any]) -> None:
    assert declared
    for task in declared.values():
        assert task.acks_late, task.name
        assert task.reject_on_worker_lost, task.name
        assert app.amqp.router.route({}, task.name)["queue"].name in ("io", "gpu"), task.name


def test_tasks_called_by_the_clock_do_not_pile_up(declared: dict[str, Any]) -> None:
    assert PERIODIC
    for name, entry in PERIODIC.items():
        assert entry["task"] in declared, name
        assert entry["options"]["expires"] <= entry["schedule"]
    assert app.conf.beat_schedule == PERIODIC


def test_messages_are_json_and_taken_one_at_a_time() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.worker_prefetch_multiplier == 1
    # No message may be handed out again while a job is still being worked on.
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] >= 6 * 3600
