"""What a start prepares when it is not there yet: tables, administrator, models, samples."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from apps.web.supervision.preflight import StartRefused
from apps.web.supervision.processes import REPOSITORY

Say = Callable[[str], None]

django.setup()


def prepare(say: Say) -> None:
    """Migrations, the administrator, the language model, the sample studies, the registry."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("create_admin", verbosity=0)
    _once("models.prepared", say, "preparing the language model (once)", "prepare")
    _once(
        "samples.written",
        say,
        "writing the sample studies (once)",
        *("simulate", "samples", "--out", _samples()),
    )
    call_command("sync_registry", verbosity=0)
    call_command("sync_planning", verbosity=0)


def samples_store(say: Say) -> None:
    """Send the sample studies to Orthanc, once: a sample that a person deleted stays deleted."""
    stored = settings.DATA_DIR / "samples.stored"
    if stored.exists():
        return
    from apps.pacs.client import request

    files = sorted(_samples().rglob("*.dcm"))
    for path in files:
        request("POST", "/instances", content=path.read_bytes())
    stored.touch()
    say(f"stored the sample studies ({len(files)} instances)")


def _samples() -> Path:
    return Path(settings.DATA_DIR) / "samples"


def _once(mark: str, say: Say, title: str, *command: str | Path) -> None:
    """Run ``python -m ml COMMAND`` unless an earlier start has left its ``mark``."""
    done = Path(settings.DATA_DIR) / mark
    if done.exists():
        return
    say(title)
    run = subprocess.run(
        [sys.executable, "-m", "ml", *map(str, command)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        last = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StartRefused(f"{title}: {last}")
    done.touch()
