from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import child, free_port, wait_until

FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed")
    return Path(on_path).resolve().parent


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Address of an empty database on a PostgreSQL that gives durability up for speed.

    PostgreSQL refuses to run as root; root starts it as Debian's account ``postgres``, in a folder
    outside pytest's own, which only its owner may enter.
    """
    binaries, port = _binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="synoptic-postgresql-"))
    data, become = folder / "data", []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    try:
        subprocess.run(
            [*become, str(binaries / "initdb"), "-D", str(data), "-U", "synoptic", "-A", "trust"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        command = [*become, str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
        for option in (f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", *FAST):
            command += ["-c", option]
        with child(command, log=folder / "server.log"):
            wait_until(lambda: _create(binaries, port), what="PostgreSQL")
            yield f"postgresql://synoptic@127.0.0.1:{port}/synoptic"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(binaries: Path, port: int) -> bool:
    address = ["-h", "127.0.0.1", "-p", str(port), "-U", "synoptic"]
    command = [str(binaries / "createdb"), *address, "synoptic"]
    return subprocess.run(command, check=True, capture_output=True).returncode == 0
