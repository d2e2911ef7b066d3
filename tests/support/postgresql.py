from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import child, free_port, listens, wait_until


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed")
    return Path(on_path).resolve().parent


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """Address of an empty database on a PostgreSQL that gives durability up for speed.

    PostgreSQL refuses to run as root; root starts it as Debian's account ``postgres``.
    """
    binaries, port, data = _binaries(), free_port(), folder / "data"
    become: list[str] = []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent.owner() == "root" and parent.name.startswith("pytest-"):
                parent.chmod(0o755)
    subprocess.run(
        [*become, str(binaries / "initdb"), "-D", str(data), "-U", "synoptic", "-A", "trust"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    options = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "listen_addresses=127.0.0.1"]
    command = [
        *become,
        str(binaries / "postgres"),
        "-D",
        str(data),
        "-p",
        str(port),
        "-k",
        str(folder),
    ]
    with child([*command, *options], log=folder.parent / f"postgresql-{port}.log"):
        wait_until(lambda: listens(port), what="PostgreSQL")
        address = ["-h", "127.0.0.1", "-p", str(port), "-U", "synoptic"]
        wait_until(
            lambda: (
                subprocess.run(
                    [str(binaries / "createdb"), *address, "synoptic"],
                    check=True,
                    capture_output=True,
                ).returncode
                == 0
            ),
            what="the database",
        )
        yield f"postgresql://synoptic@127.0.0.1:{port}/synoptic"
