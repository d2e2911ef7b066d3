"""The whole product as processes, with pipelines of the tests beside the real ones.

Each process can be killed and started again, as a machine would do it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.orthanc import Orthanc, orthanc_server
from tests.support.processes import REPOSITORY, child, free_port, listens, wait_until
from tests.support.redis import redis_server

PIPELINES = REPOSITORY / "tests" / "apps" / "inference" / "pipelines"
_TOKEN = """
import django; django.setup()
from apps.accounts.models import User
from apps.accounts.services import token_create
user, made = User.objects.get_or_create(username={name!r}, defaults={{"roles": {roles!r}}})
print(token_create(user=user, name="test").secret)
"""
_SYNC = """
import django; django.setup()
from apps.registry.services import registry_sync
registry_sync()
"""


@dataclass
class Stack:
    folder: Path
    environment: dict[str, str]
    orthanc: Orthanc
    port: int
    exits: ExitStack
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def python(self, *arguments: str) -> str:
        """Run Python in the product's surroundings; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    def start(self, name: str) -> None:
        commands = {
            "web": [
                *("-m", "uvicorn", "apps.config.asgi:application", "--lifespan", "off"),
                *("--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"),
                *("--ws-max-size", "65536"),
            ],
            "intake": ["manage.py", "follow_changes"],
            "worker-io": [
                *("-m", "celery", "-A", "apps.config", "worker", "-Q", "io", "-c", "1", "-B"),
                *("-n", "io@%h", "--schedule", str(self.folder / "beat")),
            ],
            "worker-gpu": [
                *("-m", "celery", "-A", "apps.config", "worker", "-Q", "gpu"),
                *("--pool=threads", "-c", "4", "-n", "gpu@%h"),
            ],
        }
        command = [sys.executable, *commands[name]]
        log = self.folder / f"{name}.log"
        context = child(command, log=log, environment=self.environment)
        self.processes[name] = self.exits.enter_context(context)

    def kill(self, name: str) -> None:
        """-9, and wait until it is gone."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def client(self, name: str = "clara", *roles: str) -> httpx.Client:
        """A program with the token of the account ``name``, which is made if there is none."""
        script = _TOKEN.format(name=name, roles=list(roles or ("clinician",)))
        secret = self.python("-c", script).splitlines()[-1]
        return httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=40,
            trust_env=False,
        )

    def healthy(self) -> bool:
        answer = httpx.get(f"{self.url}/healthz", trust_env=False)
        return answer.status_code == 200 or bool(json.loads(answer.text).get("status") == "ok")


ALL = ("web", "intake", "worker-io", "worker-gpu")


@contextmanager
def product(folder: Path, processes: tuple[str, ...] = ALL) -> Iterator[Stack]:
    """The processes on an empty data folder; all of them healthy, or some of them just started."""
    with ExitStack() as exits:
        services = folder / "services"
        services.mkdir()
        orthanc = exits.enter_context(orthanc_server(services))
        redis_url = exits.enter_context(redis_server(services))
        data = folder / "data"
        data.mkdir()
        environment = {
            **{key: value for key, value in os.environ.items() if "SYNOPTIC" not in key},
            **orthanc.environment(),
            "DJANGO_SETTINGS_MODULE": "apps.config.settings.dev",
            "SYNOPTIC_DATA_DIR": str(data),
            "SYNOPTIC_REDIS_URL": redis_url,
            "SYNOPTIC_DEVICE": "cpu",
            "SYNOPTIC_EXTRA_PIPELINES": str(PIPELINES),
            "OMP_NUM_THREADS": "1",
        }
        stack = Stack(folder, environment, orthanc, free_port(), exits)
        stack.python("manage.py", "migrate", "--verbosity", "0")
        stack.python("-c", _SYNC)
        for name in processes:
            stack.start(name)
        if processes == ALL:
            wait_until(stack.healthy, what="the product", patience_s=90)
        else:
            wait_until(lambda: listens(stack.port), what="the web process", patience_s=60)
        yield stack
