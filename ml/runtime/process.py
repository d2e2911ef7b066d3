"""The engine in a process of its own: warm, shared by many runs, and killable.

A run that does not notice within ``GRACE_SECONDS`` that it was asked to stop takes the child down
with it; one that noticed has ``LAST_SECONDS`` in all to put away what it has.
The other runs then end with ``EngineDied``, which is not permanent: they are simply made again,
on the new child, which loads its models in the meantime.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, EngineDied, MlError, TimeLimit
from ml.contracts.events import Event
from ml.contracts.request import RunRequest
from ml.runtime import wire
from ml.runtime.child import EngineChild, Inbox, memory_limit
from ml.runtime.registry import manifest_of

logger = logging.getLogger(__name__)
GRACE_SECONDS = 1.2
LAST_SECONDS = 4.0
LOOK_SECONDS = 0.05
WARM_SECONDS = 180.0
CLOSE_SECONDS = 2.0


@dataclass(slots=True)
class _Stop:
    """How far stopping a run has come."""

    cancel: CancelToken
    deadline: float
    limit_s: float
    asked_at: float | None = None
    noticed: bool = False
    timed_out: bool = False
    killed: bool = False

    def due(self) -> bool:
        """Whether the run must be asked to stop now."""
        late = time.monotonic() > self.deadline
        if self.asked_at is not None or not (late or self.cancel.cancelled):
            return False
        self.asked_at = time.monotonic()
        self.timed_out = not self.cancel.cancelled
        return True

    def overdue(self) -> bool:
        """Whether the run was asked, did not stop, and must be made to."""
        if self.asked_at is None or self.killed:
            return False
        grace = LAST_SECONDS if self.noticed else GRACE_SECONDS
        return time.monotonic() - self.asked_at > grace

    def outcome(self, error: MlError) -> MlError:
        """What to raise, given what the child (or its death) said."""
        stopped = isinstance(error, Cancelled) or (self.killed and isinstance(error, EngineDied))
        if stopped and self.timed_out:
            return TimeLimit(f"The run took longer than {self.limit_s:.0f} s.")
        return Cancelled("Stopped on request.") if stopped else error


class ProcessEngine:
    """Runs requests in a child process. Safe from several threads."""

    def __init__(
        self,
        device: str = "auto",
        data_dir: Path | None = None,
        limit_bytes: int | None = None,
    ) -> None:
        self._device = device
        self._data_dir = data_dir
        self._limit_bytes = limit_bytes or memory_limit()
        self._guard = threading.Lock()
        self._child: EngineChild | None = None
        self._warm: list[str] = []
        self._closed = False

    def _current(self) -> EngineChild:
        """The running child; a new one when there is none, its models loading at once."""
        with self._guard:
            if self._closed:
                raise Cancelled("The engine was closed.")
            if self._child is None or not self._child.running:
                self._child = EngineChild(self._device, self._data_dir, self._limit_bytes)
                if self._warm:
                    self._child.warm(self._warm)
            return self._child

    def run(self, request: RunRequest, cancel: CancelToken) -> Iterator[Event]:
        limit_s = manifest_of(request.pipeline).time_limit_s
        cancel.check()
        stop = _Stop(cancel, time.monotonic() + limit_s, limit_s)
        child = self._current()
        key = uuid.uuid4().hex
        inbox = child.begin(key, request)
        try:
            yield from self._events(child, key, inbox, stop)
        finally:
            child.cancel(key)  # heard only by a run that somebody stopped listening to
            child.forget(key)

    def _events(self, child: EngineChild, key: str, inbox: Inbox, stop: _Stop) -> Iterator[Event]:
        while True:
            try:
                message = inbox.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                message = {}
            if "event" in message:
                yield wire.event_from_message(message["event"])
            elif "error" in message:
                raise stop.outcome(wire.error_from_message(message["error"]))
            elif "end" in message:
                return
            elif "noticed" in message:
                stop.noticed = True
            if stop.due():
                child.cancel(key)
            elif stop.overdue():
                stop.killed = True
                logger.warning("engine killed: a run did not stop when it was asked to")
                child.kill()
                threading.Thread(target=self._revive, args=(child,), daemon=True).start()

    def _revive(self, dead: EngineChild) -> None:
        """Have a warm child again before the next run asks for one."""
        dead.close(CLOSE_SECONDS)
        try:
            self._current()
        except Cancelled:
            return  # closed meanwhile

    def warm(self, names: Sequence[str]) -> None:
        """Load the models of ``names`` now and after every restart; wait until they are there.

        What cannot be loaded is logged: the run that needs it will say why.
        """
        with self._guard:
            self._warm = list(names)
            if self._child is not None and self._child.running:
                self._child.warm(self._warm)
        child = self._current()
        child.warmed.wait(WARM_SECONDS)
        for name, reason in child.failures.items():
            logger.warning("pipeline %s could not be warmed: %s", name, reason)

    def close(self) -> None:
        with self._guard:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.close(CLOSE_SECONDS)

    @property
    def alive(self) -> bool:
        with self._guard:
            return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        with self._guard:
            return self._child.pid if self._child is not None else None
