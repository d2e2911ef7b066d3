"""Fixtures for all tests. See tests/support for what they start and tests/factories for rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.support.services", "tests.support.accounts"]

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The real scans beside the repository; a test that needs them is skipped without."""
    folder = Path(
        os.environ.get("SYNOPTIC_REALDATA_DIR", REPOSITORY.parent / "shared" / "data")
    ).resolve()
    if not folder.is_dir():
        pytest.skip("no real data: set SYNOPTIC_REALDATA_DIR")
    return folder
