"""Real services as children of the test run, each on a free port with a folder of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], *, what: str, patience_s: float = 30.0) -> None:
    """Poll until ``holds()``; whatever it raises counts as not yet."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with suppress(Exception):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {patience_s:.0f} s")


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@contextmanager
def child(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stop_wait_s: float = 15.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block: asked first, then killed."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=out, stderr=out, env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(stop_wait_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
