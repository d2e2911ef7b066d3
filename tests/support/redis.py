from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import child, free_port, listens, wait_until


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Address of a Redis that keeps nothing."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = port or free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with child([*command, "--dir", str(folder)], log=folder / "redis.log"):
        wait_until(lambda: listens(port), what="Redis")
        yield f"redis://127.0.0.1:{port}/0"
