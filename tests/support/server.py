"""The web process as it is in production: Uvicorn, with a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import REPOSITORY, child, free_port, listens, wait_until

MAKE_TOKEN = """
import django; django.setup()
from apps.accounts.services import token_create, user_create
user = user_create(username="{role}", password="correct horse battery", roles=["{role}"])
print(token_create(user=user, name="test").secret)
"""


@dataclass(frozen=True, kw_only=True)
class WebServer:
    url: str
    log: Path
    environment: Mapping[str, str]

    def token(self, role: str) -> str:
        """The token of a new account with this role."""
        return _python(["-c", MAKE_TOKEN.format(role=role)], self.environment).strip()


@contextmanager
def web_server(folder: Path, services: Mapping[str, str]) -> Iterator[WebServer]:
    """``services`` are the settings that name Redis and Orthanc."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "apps.config.settings.test",
        "SYNOPTIC_DATA_DIR": str(folder),
        **services,
    }
    port, log = free_port(), folder / "web.log"
    _python(["manage.py", "migrate", "-v0"], environment)
    command = [sys.executable, "-m", "uvicorn", "apps.config.asgi:application"]
    command += ["--port", str(port), "--lifespan", "off", "--no-access-log"]
    with child(command, log=log, environment=environment):
        wait_until(lambda: listens(port), what="the web process", patience_s=60)
        yield WebServer(url=f"http://127.0.0.1:{port}", log=log, environment=environment)


def _python(arguments: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
