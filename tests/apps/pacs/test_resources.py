from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.pacs import resources
from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled


def test_fetch_that_nobody_wants_any_more_ends_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Although the archive takes its time: here it takes connections and never answers."""
    monkeypatch.setattr(resources, "series_instance_ids", lambda _: ("a", "b", "c"))
    cancel = CancelToken()
    looks = 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            cancel.cancel()
        cancel.check()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.ORTHANC_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(Cancelled):
            resources.series_fetch("s", tmp_path, check=check)
    assert time.monotonic() - began < 2.0
