"""Fixtures: the real services, started at the first test that asks for one, once per run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pytest_django import Settings

from tests.support.orthanc import PASSWORD, USER, Orthanc, orthanc_clear, orthanc_server
from tests.support.postgresql import postgresql_server
from tests.support.redis import redis_server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def orthanc_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc_server(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="session")
def _postgresql_server() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture
def postgresql_url(_postgresql_server: str) -> str:
    """An empty database of the test's own: tests leave rows behind."""
    server = urlsplit(_postgresql_server)
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(_postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(server._replace(path=f"/{name}"))


@pytest.fixture
def redis(redis_url: str, settings: Settings) -> Iterator[str]:
    """Settings point to the real Redis, emptied."""
    from apps.core.redis import redis_client

    settings.REDIS_URL = redis_url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [redis_url]},
        }
    }
    redis_client.cache_clear()
    redis_client().flushdb()
    yield redis_url
    redis_client.cache_clear()


@pytest.fixture
def orthanc(orthanc_process: Orthanc, settings: Settings) -> Iterator[Orthanc]:
    """Settings point to the real Orthanc, emptied."""
    from apps.pacs import client

    settings.ORTHANC_URL = orthanc_process.url
    settings.ORTHANC_USER, settings.ORTHANC_PASSWORD = USER, PASSWORD
    settings.ORTHANC_STORAGE = orthanc_process.folder / "orthanc"
    settings.DICOM_PORT = orthanc_process.dicom_port
    client._shared.cache_clear()
    orthanc_clear(orthanc_process)
    yield orthanc_process
    client._shared.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    """A data folder of this test's own."""
    settings.DATA_DIR = tmp_path
    return tmp_path
