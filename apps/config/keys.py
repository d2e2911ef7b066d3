"""The generated secrets of one installation, kept in its data folder for the owner's eyes only."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

FILE = "secrets.json"

MADE: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(50),
    "orthanc_user": lambda: "synoptic",
    "orthanc_password": lambda: secrets.token_urlsafe(32),
    "redis_password": lambda: secrets.token_urlsafe(32),
}


def load_or_create(data_dir: Path) -> dict[str, str]:
    """The secret key and the passwords of Orthanc and Redis, made at the first call.

    A secret that a later version needs is added to what is there. Processes that start together
    wait for each other and read the same.
    """
    path = data_dir / FILE
    known = _read(path)
    if known.keys() >= MADE.keys():
        return known
    with _alone(data_dir):
        known = _read(path)
        known |= {name: make() for name, make in MADE.items() if name not in known}
        draft = data_dir / f".{FILE}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(known, handle, indent=1)
        draft.replace(path)
    return known


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text())
    return found


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / f".{FILE}.lock").open("w") as handle:
        flock(handle, LOCK_EX)
        yield
