"""``python -m apps.web.supervision``: the whole product in the foreground (``make run``).

Checks the machine, prepares the data folder, starts every process under supervisord, waits until
``/healthz`` says that every part is up, and prints the address. Ctrl-C stops everything.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from apps.config import env
from apps.web.supervision import preflight
from apps.web.supervision.health import wait_until_up
from apps.web.supervision.processes import REPOSITORY, process_table, supervisord_configuration
from apps.web.supervision.stores import StorePorts, stores_configure

STOP_PATIENCE_S = 40


def say(text: str) -> None:
    print(f"synoptic: {text}", file=sys.stderr, flush=True)  # noqa: T201 - a person watches this


class StopRequested(BaseException):
    """Ctrl-C, or a signal to end."""


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested


def main() -> int:
    # What this process and all it starts write is the owner's alone.
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        return _run()
    except StopRequested:
        say("stopped")
        return 0
    except (preflight.StartRefused, env.EnvironmentRefused) as refusal:
        say(str(refusal))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        say("the disk is full")
    return 1


def _run() -> int:
    started = time.monotonic()
    data_dir = env.folder("DATA_DIR", REPOSITORY / ".data")
    host, port = env.text("HOST", "127.0.0.1"), env.port("PORT", 8000)
    stores = StorePorts.from_environment()
    preflight.programs_check()
    preflight.data_dir_prepare(data_dir)
    with contextlib.closing(preflight.data_dir_lock(data_dir)):
        preflight.ports_check({"SYNOPTIC_PORT": (host, port), **stores.listening()})
        os.environ["SYNOPTIC_DATA_DIR"] = str(data_dir)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.config.settings.dev")

        from apps.web.supervision import first_start  # Django's settings need the data folder

        first_start.prepare(say)
        configurations = stores_configure(data_dir, stores)
        supervisor = _supervisor_start(data_dir, host, port, configurations, stores)
        try:
            # An unspecified address is not one to visit.
            visited = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
            address = f"http://{visited}:{port}"
            wait_until_up(address, alive=lambda: supervisor.poll() is None, logs=data_dir / "logs")
            first_start.samples_store(say)
            say(f"all parts are up after {time.monotonic() - started:.0f} s")
            say(f"open {address}")
            say("Ctrl-C stops everything")
            supervisor.wait()
            say("the supervisor ended by itself; see logs/supervisor.log in the data folder")
            return 1
        finally:
            _supervisor_stop(supervisor)


def _supervisor_start(
    data_dir: Path, host: str, port: int, configurations: dict[str, Path], stores: StorePorts
) -> subprocess.Popen[bytes]:
    (data_dir / "logs").mkdir(exist_ok=True)
    table = tuple(
        process
        for process in process_table(
            host=host,
            port=port,
            **configurations,
        )
        if process.name not in stores.external()
    )
    configuration = data_dir / "supervisord.conf"
    configuration.write_text(supervisord_configuration(table, run_dir=data_dir))
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    # Its own session, so that Ctrl-C reaches this process alone, which then ends the rest in order.
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "supervisor.supervisord",
         "-c", str(configuration)],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def _supervisor_stop(supervisor: subprocess.Popen[bytes]) -> None:
    if supervisor.poll() is not None:
        return
    # A second Ctrl-C must not leave the rest half stopped.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say("stopping…")
    supervisor.terminate()
    try:
        supervisor.wait(STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        supervisor.kill()  # its children follow by their death signal
        supervisor.wait()


if __name__ == "__main__":
    sys.exit(main())
