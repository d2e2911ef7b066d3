"""That the real services of the tests are what they say, and PostgreSQL does as SQLite."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from apps.core.redis import redis_client
from apps.pacs import client as pacs
from tests.support.orthanc import Orthanc
from tests.support.processes import REPOSITORY

pytestmark = pytest.mark.services


def test_redis_answers(redis: str) -> None:
    assert redis_client().ping()


def test_orthanc_answers_with_dicomweb(orthanc: Orthanc) -> None:
    assert pacs.request("GET", "/system").json()["Name"] == "Synoptic"
    assert "dicom-web" in pacs.request("GET", "/plugins").json()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tests_of_the_apps_pass_on_postgresql(postgresql_url: str) -> None:
    """The same tests once more, in a process of their own, where locks are rows and not files."""
    environment = {
        **os.environ,
        "SYNOPTIC_DATABASE_URL": postgresql_url,
        "SYNOPTIC_DATA_DIR": tempfile.mkdtemp(prefix="synoptic-postgresql-"),
    }
    chosen = ["-m", "not services and not slow and not realdata and not e2e"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/apps", *chosen],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
