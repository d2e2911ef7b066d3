"""Stopping and being killed: nothing stays behind, and the next start finds everything."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Product, free_ports, start

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def left_behind(product: Product) -> list[str]:
    """Processes that still work for this data folder."""
    own = str(product.data_dir)
    found = []
    for process in psutil.process_iter():
        try:
            belongs = process.environ().get("SYNOPTIC_DATA_DIR") == own
            if belongs and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return found


def gone(product: Product, seconds: float = 60) -> list[str]:
    deadline = time.monotonic() + seconds
    while (rest := left_behind(product)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return rest


def test_killed_or_stopped_nothing_stays_and_the_next_start_works(tmp_path: Path) -> None:
    data_dir, ports = tmp_path / "data", free_ports()
    (data_dir).mkdir(mode=0o700)
    # Without models and samples: this is about processes.
    (data_dir / "models.prepared").touch()
    (data_dir / "samples.written").touch()
    (data_dir / "samples.stored").touch()

    first = start(data_dir, ports)
    assert len(left_behind(first)) >= 7
    os.kill(supervisor(first), signal.SIGKILL)
    first.process.wait(60)
    assert gone(first) == []

    second = start(data_dir, ports)
    assert second.password == "", "the administrator is not made twice"
    os.kill(second.process.pid, signal.SIGKILL)
    assert gone(second) == []

    third = start(data_dir, ports)
    third.stop()
    assert gone(third) == []
    assert "stopped" in third.output.read_text()


def supervisor(product: Product) -> int:
    return int((product.data_dir / "supervisor.pid").read_text())
