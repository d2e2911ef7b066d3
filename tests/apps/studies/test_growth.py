"""The study list at 10, 1,000 and 50,000 studies, on SQLite and on PostgreSQL: the number of
queries does not grow, and every view of it is answered by an index and not by looking at it all.
100,000 studies: ``tests/bench/studies_growth.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SIZES = ("10", "1000", "50000")


def looked_at(environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.study_list", *SIZES],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "apps.config.settings.test",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check(told: dict[str, Any]) -> None:
    sizes = told["sizes"]
    large = sizes["50000"]
    for view, seen in large.items():
        counts = {sizes[size][view]["queries"] for size in ("1000", "50000")}
        assert len(counts) == 1, (view, counts)
        assert seen["queries"] <= 8, view
    sorts = {
        "study_date": "study_by_date",
        "patient_name": "study_by_name",
        "received_at": "study_by_arrival",
    }
    for view, seen in large.items():
        words = view.split()
        if words[0] in ("sort", "middle"):
            assert sorts[words[1].lstrip("-")] in seen["plan"], (view, seen["plan"])
            assert "TEMP B-TREE" not in seen["plan"], view
            assert "Sort" not in seen["plan"], view
    for view in ("common word", "modality"):
        assert "study_by_" in large[view]["plan"], large[view]["plan"]
        assert "TEMP B-TREE" not in large[view]["plan"]
    assert large["rare word"]["plan"].count("SCAN") == 0
    assert "Seq Scan on studies_study" not in large["rare word"]["plan"]


def test_sqlite(tmp_path: Path) -> None:
    told = looked_at({"SYNOPTIC_DATA_DIR": str(tmp_path)})
    assert told["database"] == "sqlite"
    check(told)


@pytest.mark.services
def test_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    told = looked_at({"SYNOPTIC_DATA_DIR": str(tmp_path), "SYNOPTIC_DATABASE_URL": postgresql_url})
    assert told["database"] == "postgresql"
    check(told)
