"""The engine's child: ``python -m ml.runtime.serve``, started by ``ml.runtime.child`` alone.

Owns the models. Reads requests on standard input, runs each in a thread of its own and writes
their events on standard output. Ends when its input ends, and with its parent in any case.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import MlError, PipelineFailed
from ml.runtime import wire
from ml.runtime.context import Resources
from ml.runtime.devices import prepare_environment
from ml.runtime.execute import execute
from ml.runtime.local import open_resources
from ml.runtime.registry import load_pipeline, manifest_of

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when the parent's thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


class WatchedCancel(CancelToken):
    """Says when the run has noticed that it shall stop."""

    def __init__(self, notice: Callable[[], None]) -> None:
        super().__init__()
        self._notice = notice
        self._noticed = False

    def check(self) -> None:
        if self.cancelled and not self._noticed:
            self._noticed = True
            self._notice()
        super().check()


class Server:
    """Runs several requests at once on shared resources, which open at the first use."""

    def __init__(self, output: BinaryIO, device: str, data_dir: Path | None) -> None:
        self._output = output
        self._device = device
        self._data_dir = data_dir
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._opened: Resources | None = None
        self._cancels: dict[str, CancelToken] = {}

    def say(self, message: wire.Message) -> None:
        line = wire.encode(message)
        with self._writing:
            self._output.write(line)
            self._output.flush()

    def _resources(self) -> Resources:
        with self._opening:
            if self._opened is None:
                self._opened = open_resources(self._device, self._data_dir)
            return self._opened

    def obey(self, message: wire.Message) -> None:
        """Carry one order of the parent out, in a thread where it takes time."""
        match message["op"]:
            case "run":
                key = message["run"]
                cancel = WatchedCancel(lambda: self.say({"run": key, "noticed": True}))
                self._cancels[key] = cancel
                self._start(self._run, key, message["request"], cancel)
            case "cancel":
                if cancel_of_run := self._cancels.get(message["run"]):
                    cancel_of_run.cancel()
            case "warm":
                self._start(self._warm, message["names"])

    @staticmethod
    def _start(work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _run(self, key: str, request: wire.Message, cancel: CancelToken) -> None:
        try:
            for event in execute(wire.request_from_message(request), cancel, self._resources()):
                self.say({"run": key, "event": wire.event_to_message(event)})
            self.say({"run": key, "end": True})
        except MlError as error:
            self.say({"run": key, "error": wire.error_to_message(error)})
        except Exception as error:  # noqa: BLE001  # a run must end with an answer
            failed = PipelineFailed(f"The engine failed unexpectedly ({type(error).__name__}).")
            self.say({"run": key, "error": wire.error_to_message(failed)})
        finally:
            self._cancels.pop(key, None)

    def _warm(self, names: list[str]) -> None:
        failures: dict[str, str] = {}
        for name in names:
            try:
                warm = getattr(load_pipeline(manifest_of(name)), "warm", None)
                if warm is not None:
                    warm(self._resources())
            except MlError as error:
                failures[name] = error.user_message
            except Exception as error:  # noqa: BLE001  # the run itself will say more
                failures[name] = type(error).__name__
        self.say({"warmed": names, "failures": failures})


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    die_with_parent(arguments.parent)
    # A Ctrl-C at the terminal reaches the whole group; it is the parent who decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare_environment()
    # Whatever a library prints must not end up between our messages.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = Server(output, arguments.device, arguments.data_dir)
    server.say({"ready": True})
    for line in sys.stdin.buffer:
        server.obey(wire.decode(line))
    os._exit(0)  # threads that still compute are not waited for


if __name__ == "__main__":
    main()
