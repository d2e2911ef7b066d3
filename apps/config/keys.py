"""The generated secrets of one installation, kept in its data folder for the owner's eyes only."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

FILE = "secrets.json"


def load_or_create(data_dir: Path) -> dict[str, str]:
    """The secret key and the passwords of Orthanc and Redis, made at the first call.

    Two processes that start together agree: the file is written aside and linked into place, and
    whoever comes second reads what the first has written.
    """
    path = data_dir / FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = {
            "secret_key": secrets.token_urlsafe(50),
            "orthanc_user": "synoptic",
            "orthanc_password": secrets.token_urlsafe(32),
            "redis_password": secrets.token_urlsafe(32),
        }
        draft = data_dir / f".{FILE}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(made, handle, indent=1)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found: dict[str, str] = json.loads(path.read_text())
    return found
