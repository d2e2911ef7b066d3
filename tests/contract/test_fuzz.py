"""Requests drawn from the API's own description, sent as a researcher with a token to a real web
process: no answer is a fault of ours, and every refusal is problem+json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.core.result import Ok

from tests.support.orthanc import Orthanc
from tests.support.processes import REPOSITORY
from tests.support.server import WebServer, web_server

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(300)]

SCHEMA = schemathesis.openapi.from_dict(
    json.loads((REPOSITORY / "frontend" / "openapi.json").read_text())
)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture(scope="module")
def web(
    redis_url: str, orthanc_process: Orthanc, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    services = {"SYNOPTIC_REDIS_URL": redis_url, **orthanc_process.environment()}
    with web_server(tmp_path_factory.mktemp("web"), services) as server:
        yield server


@pytest.fixture(scope="module")
def secret(web: WebServer) -> str:
    return web.token("researcher")


def test_the_whole_description_can_be_read() -> None:
    assert len(OPERATIONS) == len(list(SCHEMA.get_all_operations())) > 30


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_request_makes_us_fail(operation: Any, web: WebServer, secret: str) -> None:
    @hypothesis.settings(
        max_examples=12,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(base_url=web.url, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code < 500, answer.text
        assert answer.status_code != 401
        if answer.status_code >= 400:
            body = answer.json()
            if answer.status_code == 422 and "refused" in body:
                return  # an upload of which nothing was stored names each file and its reason
            assert answer.headers["content-type"][0].startswith("application/problem+json")
            assert body["code"]

    send()
