"""What is checked before anything starts. Each problem is one line that says what to do."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

# Enough for the samples, the converted language model and the databases of a first start.
FREE_BYTES_NEEDED = 2 * 1024**3
PROGRAMS = {
    "Orthanc": "orthanc",
    "redis-server": "redis-server",
    "setpriv": "util-linux",
}
# A store that was told to stop may hold its port for some seconds more.
PORT_PATIENCE_S = 6.0


class StartRefused(Exception):
    """Synoptic cannot start; the text says why and what to do."""


def programs_check() -> None:
    missing = sorted({package for name, package in PROGRAMS.items() if shutil.which(name) is None})
    if missing:
        raise StartRefused(f"missing Debian packages: {' '.join(missing)} (run: make run)")


def data_dir_prepare(data_dir: Path) -> None:
    """Make the data folder, private to its owner, and see that it can hold anything."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Also one that was there before.
        data_dir.chmod(0o700)
        probe = data_dir / ".writable"
        probe.write_bytes(b"0" * 4096)
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StartRefused(f"the disk that holds {data_dir} is full") from None
        raise StartRefused(
            f"cannot write to the data folder {data_dir}: {error.strerror} (set SYNOPTIC_DATA_DIR)"
        ) from None
    free = shutil.disk_usage(data_dir).free
    if free < FREE_BYTES_NEEDED:
        raise StartRefused(
            f"the disk that holds {data_dir} has {free / 1024**3:.1f} GiB free; "
            f"Synoptic needs {FREE_BYTES_NEEDED / 1024**3:.0f} GiB (set SYNOPTIC_DATA_DIR)"
        )


def data_dir_lock(data_dir: Path) -> IO[str]:
    """Hold the data folder for this supervisor; the lock goes with the process."""
    handle = (data_dir / "lock").open("a+")
    deadline = time.monotonic() + PORT_PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                handle.seek(0)
                owner = handle.read().strip() or "unknown"
                handle.close()
                raise StartRefused(
                    f"Synoptic already runs on {data_dir} (process {owner})"
                ) from None
            time.sleep(0.2)
            continue
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        return handle


def ports_check(ports: Mapping[str, tuple[str, int]]) -> None:
    """``ports`` maps the setting that names a port to (address, port)."""
    deadline = time.monotonic() + PORT_PATIENCE_S
    for setting, (host, port) in ports.items():
        while not _port_is_free(host, port):
            if time.monotonic() > deadline:
                raise StartRefused(f"port {port} on {host} is in use (set {setting} to another)")
            time.sleep(0.2)


def _port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StartRefused(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return True
