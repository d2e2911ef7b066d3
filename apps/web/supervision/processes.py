"""The processes of one Synoptic on one machine, as a table, and supervisord's configuration of it.

supervisord restarts what dies. Every process is also bound to supervisord's own life by
``setpriv --pdeathsig``: should supervisord itself be killed, the kernel ends them all.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One child of the supervisor.

    ``death_signal`` is what the kernel sends when supervisord is gone: TERM where files must be
    closed properly, KILL where losing the process at any instant loses nothing.
    """

    name: str
    command: tuple[str, ...]
    death_signal: Literal["TERM", "KILL"]
    priority: int
    stop_wait_s: int = 10


def process_table(
    *, host: str, port: int, redis_configuration: Path, orthanc_configuration: Path
) -> tuple[Process, ...]:
    """All processes, stores first: they start in this order and stop in the opposite one."""
    python = sys.executable
    celery = (python, "-m", "celery", "-A", "apps.config", "worker", "--loglevel", "INFO")
    return (
        Process(
            name="redis",
            command=("redis-server", str(redis_configuration)),
            death_signal="TERM",
            priority=10,
        ),
        Process(
            name="orthanc",
            command=("Orthanc", str(orthanc_configuration)),
            death_signal="TERM",
            priority=10,
            stop_wait_s=20,
        ),
        Process(
            name="web",
            command=(
                *(python, "-m", "uvicorn", "apps.config.asgi:application"),
                *("--host", host, "--port", str(port), "--lifespan", "off"),
                # Query strings hold what people search for: names. They stay out of the logs.
                *("--no-access-log", "--no-server-header", "--ws-max-size", "65536"),
                *("--timeout-graceful-shutdown", "3"),
            ),
            death_signal="KILL",
            priority=30,
        ),
        Process(
            name="intake",
            command=(python, "manage.py", "follow_changes"),
            death_signal="KILL",
            priority=30,
        ),
        Process(
            name="worker-io",
            command=(
                *celery,
                *("-Q", "io", "-c", "2", "-B", "-n", "io@%%h"),
                *("--schedule", str(redis_configuration.parent / "beat-schedule")),
            ),
            death_signal="KILL",
            priority=40,
        ),
        Process(
            name="worker-gpu",
            command=(*celery, "-Q", "gpu", "--pool=threads", "-c", "8", "-n", "gpu@%%h"),
            death_signal="KILL",
            priority=40,
        ),
    )


def supervisord_configuration(processes: tuple[Process, ...], *, run_dir: Path) -> str:
    """The text of supervisord.conf. Logs and the pid file go under ``run_dir``."""
    logs = run_dir / "logs"
    sections = [
        "[supervisord]\n"
        "nodaemon=true\n"
        f"directory={REPOSITORY}\n"
        f"logfile={logs / 'supervisor.log'}\n"
        "logfile_maxbytes=5MB\n"
        "logfile_backups=1\n"
        f"pidfile={run_dir / 'supervisor.pid'}\n"
        "user=%(ENV_SYNOPTIC_USER)s\n"
    ]
    sections += [_program(process, logs) for process in processes]
    return "\n".join(sections)


def _program(process: Process, logs: Path) -> str:
    bound = ("setpriv", "--pdeathsig", process.death_signal, "--", *process.command)
    return (
        f"[program:{process.name}]\n"
        f"command={' '.join(_quoted(word) for word in bound)}\n"
        f"priority={process.priority}\n"
        "autorestart=true\n"
        # A process that dies at once is tried again for about half a minute.
        "startsecs=2\n"
        "startretries=8\n"
        "stopsignal=TERM\n"
        f"stopwaitsecs={process.stop_wait_s}\n"
        "stopasgroup=false\n"
        "killasgroup=true\n"
        "redirect_stderr=true\n"
        f"stdout_logfile={logs / process.name}.log\n"
        "stdout_logfile_maxbytes=10MB\n"
        "stdout_logfile_backups=2\n"
    )


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
