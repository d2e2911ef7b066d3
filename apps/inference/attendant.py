"""Stands beside a running job: stores what it tells, keeps its lease, hears that it should stop.

One thread per run, so that a run that says nothing for a minute is still seen to live, and a
request to stop reaches it within a fraction of a second.
"""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

from django.db import Error as DatabaseFault
from django.db import connection

from apps.inference.coalesce import Coalescer
from apps.jobs.lease import RENEW_SECONDS, Lease, LeaseLost, cancel_requested, job_heartbeat
from apps.jobs.services.append import job_events_append
from ml.contracts.cancel import CancelToken

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.2
# The last rows of a run wait this long for a database that is away.
CLOSE_WITHIN_S: Final = 30.0


class Attendant:
    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.cancel = CancelToken()
        self.lost = False
        self.shutting_down = False
        self._coalescer = Coalescer()
        self._changed = threading.Condition()
        self._closing = False
        self._looked_at = 0.0
        self._renewed_at = time.monotonic()
        self._thread = threading.Thread(
            target=self._main, name=f"attend-{lease.job_id}", daemon=True
        )

    def __enter__(self) -> Self:
        _attended.add(self)
        if shutting_down():
            self.shut_down()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def require(self) -> None:
        """Raise ``LeaseLost`` when the job is no longer this attempt's to end."""
        if self.lost:
            raise LeaseLost(f"Attempt {self.lease.attempt} of job {self.lease.job_id} was lost.")

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Have one event stored soon. Raises ``LeaseLost`` once the job is another's."""
        self.require()
        with self._changed:
            self._coalescer.add(kind, data)
            self._changed.notify()

    def close(self) -> None:
        """Store what is left and stop. The lease is not renewed from then on."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        _attended.discard(self)

    def shut_down(self) -> None:
        """The worker ends: stop the run so that another worker can take the job."""
        self.shutting_down = True
        self.cancel.cancel()

    def _main(self) -> None:
        try:
            while not self._closing:
                self._wait()
                self._store(all_of_it=False)
                self._look()
            deadline = time.monotonic() + CLOSE_WITHIN_S
            while not self._store(all_of_it=True):
                if time.monotonic() > deadline:
                    # A story with a hole in it must not end well: another attempt tells it anew.
                    self._give_up()
                    return
                time.sleep(LOOK_EVERY_S)
        except LeaseLost:
            self._give_up()
        except Exception:
            logger.exception("Job %s is no longer attended.", self.lease.job_id)
            self._give_up()
        finally:
            connection.close()

    def _give_up(self) -> None:
        """Without a lease nothing may be told: another worker has the job, or will have it."""
        self.lost = True
        self.cancel.cancel()

    def _wait(self) -> None:
        with self._changed:
            if not self._closing:
                due = self._coalescer.wait_s(time.monotonic())
                if due != 0:
                    self._changed.wait(LOOK_EVERY_S if due is None else min(due, LOOK_EVERY_S))

    def _store(self, *, all_of_it: bool) -> bool:
        """Whether nothing is left that should have been stored."""
        with self._changed:
            rows = self._coalescer.take(time.monotonic(), all_of_it=all_of_it)
            progress = self._coalescer.progress
        if not rows:
            return True
        try:
            job_events_append(self.lease, rows, progress)
        except DatabaseFault:
            logger.warning("Events of job %s wait for the database.", self.lease.job_id)
            connection.close()
            with self._changed:
                self._coalescer.give_back(rows)
            return False
        return True

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            if cancel_requested(self.lease):
                self.cancel.cancel()
            if now - self._renewed_at >= RENEW_SECONDS:
                job_heartbeat(self.lease)
                self._renewed_at = now
        except DatabaseFault:
            connection.close()


_attended: set[Attendant] = set()
_ending = threading.Event()


def shut_down_all() -> None:
    """Stop the runs of this process, which ends; it takes no job from then on."""
    _ending.set()
    for attendant in list(_attended):
        attendant.shut_down()


def shutting_down() -> bool:
    return _ending.is_set()
