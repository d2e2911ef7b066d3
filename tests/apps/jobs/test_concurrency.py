"""Numbers stay gapless and one worker wins, on both databases, with real threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apps.jobs import storm
from tests.support.processes import REPOSITORY

pytestmark = [pytest.mark.services, pytest.mark.slow]


def _storm(folder: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.apps.jobs.storm"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "apps.config.settings.test",
            "SYNOPTIC_DATA_DIR": str(folder),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["leases"] == 1
    expected = 2 + storm.THREADS * storm.EACH
    assert told["head"] == expected
    assert told["numbers"] == list(range(1, expected + 1))


def test_sqlite(tmp_path: Path) -> None:
    _storm(tmp_path)


def test_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    _storm(tmp_path, SYNOPTIC_DATABASE_URL=postgresql_url)
