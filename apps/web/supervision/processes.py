"""The processes of one Synoptic on one machine, as a table, and supervisord's configuration of it.

supervisord restarts what dies. Every process is also bound to supervisord's own life by
``setpriv --pdeathsig``: should supervisord itself be killed, the kernel ends them all.
"""

from __future__ import annotations

import sys
from configparser import RawConfigParser
from dataclasses import dataclass
from io import StringIO
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
    environment: tuple[tuple[str, str], ...] = ()


def process_table(
    *, host: str, port: int, redis: Path, orthanc: Path, loopback: Path
) -> tuple[Process, ...]:
    """All processes, stores first: they start in this order and stop in the opposite one.

    ``redis`` and ``orthanc`` are configuration files, ``loopback`` the library that keeps Orthanc
    on this machine's own address.
    """
    python = sys.executable
    # Workers neither greet nor gossip: they have nothing to say to each other, and start sooner.
    celery = (
        *(python, "-m", "celery", "-A", "apps.config", "worker"),
        *("--loglevel", "WARNING", "--without-mingle", "--without-gossip"),
    )
    return (
        Process(
            name="redis",
            command=("redis-server", str(redis)),
            death_signal="TERM",
            priority=10,
        ),
        Process(
            name="orthanc",
            command=("Orthanc", str(orthanc)),
            death_signal="TERM",
            priority=10,
            stop_wait_s=20,
            environment=(
                # Without it C-STORE waits for Nagle's algorithm and is ten times slower.
                ("TCP_NODELAY", "1"),
                *((("LD_PRELOAD", str(loopback)),) if loopback.exists() else ()),
            ),
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
                *("-Q", "io", "-c", "2", "-B", "-n", "io@%h"),
                *("--schedule", str(redis.parent / "beat-schedule")),
            ),
            death_signal="KILL",
            priority=40,
            # A job survives its worker's death, so nothing is gained by waiting for it.
            stop_wait_s=3,
        ),
        Process(
            name="worker-gpu",
            command=(*celery, "-Q", "gpu", "--pool=threads", "-c", "8", "-n", "gpu@%h"),
            death_signal="KILL",
            priority=40,
            # A job survives its worker's death, so nothing is gained by waiting for it.
            stop_wait_s=3,
        ),
    )


def supervisord_configuration(processes: tuple[Process, ...], *, run_dir: Path) -> str:
    """The text of supervisord.conf. Logs and the pid file go under ``run_dir``."""
    logs = run_dir / "logs"
    configuration = RawConfigParser()
    configuration["supervisord"] = {
        "nodaemon": "true",
        "directory": _literal(REPOSITORY),
        "logfile": _literal(logs / "supervisor.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "1",
        "pidfile": _literal(run_dir / "supervisor.pid"),
    }
    for process in processes:
        configuration[f"program:{process.name}"] = _program(process, logs)
    text = StringIO()
    configuration.write(text)
    return text.getvalue()


def _program(process: Process, logs: Path) -> dict[str, str]:
    bound = ("setpriv", "--pdeathsig", process.death_signal, "--", *process.command)
    return {
        "command": " ".join(f'"{_literal(word)}"' for word in bound),
        "environment": ",".join(
            f'{name}="{_literal(value)}"' for name, value in process.environment
        ),
        "priority": str(process.priority),
        "autorestart": "true",
        # A process that dies at once is tried again for about half a minute.
        "startsecs": "2",
        "startretries": "8",
        "stopsignal": "TERM",
        "stopwaitsecs": str(process.stop_wait_s),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _literal(logs / f"{process.name}.log"),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "2",
    }


def _literal(value: object) -> str:
    """supervisord expands per cent signs; ours are meant as they stand."""
    return str(value).replace("%", "%%")
