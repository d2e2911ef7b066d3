"""The engine's child process, seen from the parent."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from ml.contracts.errors import EngineDied, MlError, OutOfMemory
from ml.contracts.request import RunRequest
from ml.runtime import places, wire

logger = logging.getLogger(__name__)
Inbox = queue.SimpleQueue[wire.Message]
PAGE = os.sysconf("SC_PAGE_SIZE")
WATCH_SECONDS = 0.5
DIED = "The engine ended unexpectedly while it served this run."
MEMORY = "The run needed more memory than this machine has to give."


def memory_limit() -> int:
    """Bytes the child may hold: 85 % of the machine's, or of the container's if that is less."""
    total = PAGE * os.sysconf("SC_PHYS_PAGES")
    group = Path("/sys/fs/cgroup/memory.max")
    if group.is_file() and (text := group.read_text().strip()).isdigit():
        total = min(total, int(text))
    return int(total * 0.85)


class EngineChild:
    """One child from its start to its end. Never revived: a new one is made instead.

    The thread that starts the child must live as long as the child does, because the kernel
    counts the death of that thread as the parent's: so it is the thread that listens to it.
    """

    def __init__(self, device: str, data_dir: Path | None, limit_bytes: int) -> None:
        self._inboxes: dict[str, Inbox] = {}
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._limit_bytes = limit_bytes
        self._out_of_memory = False
        self._process: subprocess.Popen[bytes] | None = None
        self._born = threading.Event()
        self.warmed = threading.Event()
        self.failures: dict[str, str] = {}
        self._ended = threading.Event()
        command = [sys.executable, "-m", "ml.runtime.serve", "--parent", str(os.getpid())]
        command += ["--device", device]
        if data_dir is not None:
            command += ["--data-dir", str(data_dir.resolve())]
        self._command = command
        threading.Thread(target=self._keep, name="engine-child", daemon=True).start()
        self._born.wait()

    @property
    def running(self) -> bool:
        return not self._ended.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def _keep(self) -> None:
        try:
            self._serve_out()
        except OSError as error:
            logger.error("the engine could not be started: %s", error)  # noqa: TRY400
        finally:
            self._bury()
            self._born.set()

    def _serve_out(self) -> None:
        """Start the child, hear all it says, and wait for its end."""
        environment = {**os.environ, "PYTHONPATH": str(places.REPOSITORY)}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, env=environment, process_group=0
        ) as process:
            self._process = process
            self._born.set()
            threading.Thread(target=self._watch, name="engine-memory", daemon=True).start()
            for line in process.stdout or ():
                self._hear(wire.decode(line))

    def _hear(self, message: wire.Message) -> None:
        if "run" in message:
            with self._guard:
                inbox = self._inboxes.get(message["run"])
            if inbox is not None:
                inbox.put(message)
        elif "warmed" in message:
            self.failures = message["failures"]
            self.warmed.set()

    def _bury(self) -> None:
        """Tell every run that waits for the child that it will say nothing more."""
        with self._guard:
            self._ended.set()
            inboxes = list(self._inboxes.values())
        # With several runs nobody knows whose the memory was: they are tried again.
        guilty = self._out_of_memory and len(inboxes) == 1
        error: MlError = OutOfMemory(MEMORY) if guilty else EngineDied(DIED)
        for inbox in inboxes:
            inbox.put({"error": wire.error_to_message(error)})
        self.warmed.set()

    def _watch(self) -> None:
        statm = Path(f"/proc/{self.pid}/statm")
        while not self._ended.wait(WATCH_SECONDS):
            if self._process is None or self._process.poll() is not None:
                # What its libraries have started would hold its pipe, and with it the runs.
                self._end_group()
                return
            try:
                resident = int(statm.read_text().split()[1]) * PAGE
            except (OSError, IndexError):
                continue
            if resident > self._limit_bytes:
                self._out_of_memory = True
                self.kill()
                return

    def _end_group(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _say(self, message: wire.Message) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            with self._writing:
                process.stdin.write(wire.encode(message))
                process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it died, which ``_bury`` tells the runs

    def begin(self, key: str, request: RunRequest) -> Inbox:
        """Start a run; its messages come through the inbox."""
        inbox: Inbox = queue.SimpleQueue()
        with self._guard:
            self._inboxes[key] = inbox
            if self._ended.is_set():
                inbox.put({"error": wire.error_to_message(EngineDied(DIED))})
                return inbox
        self._say({"op": "run", "run": key, "request": wire.request_to_message(request)})
        return inbox

    def forget(self, key: str) -> None:
        with self._guard:
            self._inboxes.pop(key, None)

    def cancel(self, key: str) -> None:
        self._say({"op": "cancel", "run": key})

    def warm(self, names: Sequence[str]) -> None:
        self._say({"op": "warm", "names": list(names)})

    def kill(self) -> None:
        """End the child at once, whatever it does."""
        if self._process is not None and self.running:
            self._process.kill()
            self._end_group()
            # Its pipe may be held open by a process that one of its libraries has started: the
            # runs are told now, not when the pipe ends.
            self._bury()

    def close(self, timeout: float) -> None:
        """Let the child end by itself; kill it when it does not within ``timeout`` seconds."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if not self._ended.wait(timeout):
            self.kill()
            self._ended.wait(timeout)
