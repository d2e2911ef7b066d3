"""Workers that find the same scan at the same moment start one scoring, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import REPOSITORY

pytestmark = pytest.mark.services


def _race(folder: Path, **environment: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.apps.longitudinal.race"],
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
    told: dict[str, int] = json.loads(done.stdout)
    return told


def test_sqlite(tmp_path: Path) -> None:
    assert _race(tmp_path) == {"started": 1, "scores": 1, "jobs": 1}


def test_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    found = _race(tmp_path, SYNOPTIC_DATABASE_URL=postgresql_url)
    assert found == {"started": 1, "scores": 1, "jobs": 1}
