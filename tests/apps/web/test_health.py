from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from apps.core import heartbeat
from apps.core.redis import redis_client
from apps.pacs import client as pacs
from apps.web import health
from tests.support.orthanc import Orthanc

PARTS = ["database", "redis", "orthanc", "intake", "worker_io", "worker_gpu"]


@pytest.mark.services
def test_ok_only_when_every_part_is(db: None, redis: str, orthanc: Orthanc) -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    body = answer.json()
    assert list(body["parts"]) == PARTS
    assert [body["parts"][name] for name in PARTS] == ["ok"] * 3 + ["down"] * 3
    for part in ("intake", "worker_io", "worker_gpu"):
        heartbeat.beat(part)
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    redis_client().delete("synoptic:alive:worker_gpu")
    assert Client().get("/healthz").json()["parts"]["worker_gpu"] == "down"


def test_dead_services_are_down_and_not_an_error(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.ORTHANC_URL = "http://127.0.0.1:9"
    redis_client.cache_clear()
    pacs._shared.cache_clear()
    monkeypatch.setattr(health, "STARTING_S", 0)
    answer = Client().get("/healthz")
    redis_client.cache_clear()
    pacs._shared.cache_clear()
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert answer.json()["parts"]["database"] == "ok"
    assert answer.json()["parts"]["orthanc"] == "down"
