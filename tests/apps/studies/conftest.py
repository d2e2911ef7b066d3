"""Helpers of the tests that index what the real Orthanc holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from apps.pacs.store import instance_store
from apps.studies.intake import follow
from apps.studies.intake.follow import Follower
from apps.studies.models import IntakeCursor, Series
from tests.factories.dicom import SeriesFiles
from tests.support.orthanc import Orthanc


@pytest.fixture
def follower(orthanc: Orthanc, transactional_db: None) -> Follower:
    """Intake that has seen everything that earlier tests left in Orthanc's changes."""
    with orthanc.client() as client:
        newest = client.get("/changes?last").json()["Last"]
    IntakeCursor.objects.update_or_create(pk=1, defaults={"position": newest})
    return Follower(threading.Event())


@pytest.fixture
def settle(follower: Follower) -> Callable[..., None]:
    """Let intake work until ``holds()``."""

    def run(holds: Callable[[], bool], patience_s: float = 15.0) -> None:
        deadline = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < deadline, "intake did not get there"
            time.sleep(min(follower.step(), 0.2))

    return run


@pytest.fixture
def indexed(
    monkeypatch: pytest.MonkeyPatch, follower: Follower, settle: Callable[..., None]
) -> Callable[[SeriesFiles], None]:
    """Store a series and index it, without the wait for Orthanc to call it stable."""
    import datetime as dt

    monkeypatch.setattr(follow, "LOST_STABLE", dt.timedelta(0))

    def store(files: SeriesFiles) -> None:
        for file in files.files:
            instance_store(file)
        settle(
            lambda: Series.objects.filter(
                series_uid=files.series_uid, complete=True, instance_count=len(files.files)
            ).exists()
        )

    return store
