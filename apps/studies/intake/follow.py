"""Following the archive: what it says has changed becomes rows, whatever restarts meanwhile.

The cursor is committed with the rows that it stands for. A change that is read twice does nothing
the second time, so that every fault is answered by waiting and reading again.

A new series is in the index at once, with what its first instance says. Reading all of its
instances waits until it is complete, and while more is streaming in it gets a small share of the
time only: the archive comes first.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from itertools import islice

from django.db import Error as DatabaseFault
from django.db import close_old_connections

from apps.core import heartbeat
from apps.pacs import resources
from apps.pacs.changes import ChangePage, changes_page
from apps.pacs.errors import PacsFailed, PacsNotFound, PacsUnavailable
from apps.studies.intake.compare import Comparison
from apps.studies.intake.register import intake_commit, stale_open
from apps.studies.intake.snapshot import Snapshot, series_snapshot
from apps.studies.models import IntakeCursor, Series

log = logging.getLogger(__name__)

IDLE_S = 0.4
# The share of the time that completing series gets while instances stream in, and what of it can
# be saved up.
BUSY_SHARE = 0.03
CREDIT_MAX_S = 0.1
# Then the changes are looked at again, however much there is to complete.
SETTLE_MAX_S = 2.0
COUNT_EVERY_S = 1.5
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
# Orthanc forgets which series were still growing when it restarts, and then calls none stable.
LOST_STABLE = dt.timedelta(seconds=6)
COMMIT_EVERY = 20


class Follower:
    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._beat_at = self._count_at = 0.0
        self._due: dict[str, bool] = {}
        self._credit, self._credit_at = CREDIT_MAX_S, time.monotonic()
        self._comparison = Comparison(register=self._register, beat=self._beat)

    def run(self) -> None:
        """Until ``stop`` is set. Nothing that Orthanc, Redis or the database do ends it."""
        faults = 0
        while not self._stop.is_set():
            self._beat()
            try:
                wait = self.step()
                faults = 0
            except (PacsUnavailable, PacsFailed, DatabaseFault) as error:
                wait = BACK_OFF_S[min(faults, len(BACK_OFF_S) - 1)]
                faults += 1
                log.warning("intake waits %.1f s: %s", wait, type(error).__name__)
                close_old_connections()
            self._stop.wait(wait)

    def step(self) -> float:
        """Take one page of changes and settle what is due. Returns how long to wait."""
        position = IntakeCursor.objects.filter(pk=1).values_list("position", flat=True).first() or 0
        page = changes_page(position)
        if page.last < position:
            log.warning("the archive was replaced: its index is built anew")
            intake_commit(position=0)
            self._comparison.reconcile()
            return 0.0
        if page.changes:
            self._take(page)
        if not page.done:
            return 0.0
        flowing = any(change.kind == "NewInstance" for change in page.changes)
        self._settle(flowing=flowing)
        if self._due and not flowing:
            return 0.0
        if not page.changes:
            self._comparison.compare()
        return IDLE_S

    def _take(self, page: ChangePage) -> None:
        new = [change.orthanc_id for change in page.changes if change.kind == "NewSeries"]
        stable = {change.orthanc_id for change in page.changes if change.kind == "StableSeries"}
        # What is both has been there for a while: it is read once, and whole.
        self._register(
            {i: i in stable for i in new}, position=page.last, due=stable.difference(new)
        )
        self._due |= dict.fromkeys(stable.difference(new), True)

    def _register(
        self,
        wanted: Mapping[str, bool],
        *,
        position: int | None = None,
        due: Iterable[str] = (),
    ) -> None:
        """``wanted`` says of each series whether it is complete. The cursor goes last."""
        snapshots: list[Snapshot] = []
        gone: list[str] = []
        for series_id, complete in wanted.items():
            self._beat()
            try:
                snapshots.append(series_snapshot(series_id, complete=complete))
            except PacsNotFound:
                gone.append(series_id)
            if len(snapshots) >= COMMIT_EVERY:
                intake_commit(snapshots=snapshots)
                snapshots = []
        if snapshots or gone or position is not None:
            intake_commit(snapshots=snapshots, gone=gone, due=due, position=position)

    def _settle(self, *, flowing: bool) -> None:
        """Count what still arrives, and complete what is due."""
        now = time.monotonic()
        if flowing and now >= self._count_at:
            self._count_at = now + COUNT_EVERY_S
            self._count(Series.objects.filter(complete=False).values_list("orthanc_id", flat=True))
        self._due |= dict.fromkeys(stale_open(LOST_STABLE), True)
        self._credit = min(CREDIT_MAX_S, self._credit + BUSY_SHARE * (now - self._credit_at))
        self._credit_at = now
        while self._due and time.monotonic() < now + SETTLE_MAX_S:
            if flowing and self._credit <= 0:
                return
            begun = time.monotonic()
            some = dict(islice(self._due.items(), 1 if flowing else COMMIT_EVERY))
            self._register(some)
            for series_id in some:
                del self._due[series_id]
            self._credit -= time.monotonic() - begun

    def _count(self, series: Iterable[str]) -> None:
        counts: dict[str, int] = {}
        gone: list[str] = []
        for series_id in series:
            if series_id in self._due:
                continue
            self._beat()
            try:
                counts[series_id] = resources.series_instance_count(series_id)
            except PacsNotFound:
                gone.append(series_id)
        if counts or gone:
            intake_commit(counts=counts, gone=gone)

    def _beat(self) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + heartbeat.EVERY_S
            heartbeat.beat("intake")
