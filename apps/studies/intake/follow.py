"""Following the archive: what it says has changed becomes rows, whatever restarts meanwhile.

The cursor is committed with the rows that it stands for. A change that is read twice does nothing
the second time, so that every fault is answered by waiting and reading again.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Iterable

from django.db import Error as DatabaseFault
from django.db import close_old_connections
from django.db.models import Sum

from apps.core import heartbeat
from apps.pacs import resources
from apps.pacs.changes import ChangePage, StoreCounts, changes_page, store_counts
from apps.pacs.errors import PacsFailed, PacsNotFound, PacsUnavailable
from apps.studies.intake.register import intake_commit, stale_open
from apps.studies.intake.snapshot import Snapshot, series_snapshot
from apps.studies.models import IntakeCursor, Series

log = logging.getLogger(__name__)

IDLE_S = 0.4
# While instances stream in, intake works at most this share of the time: the archive comes first.
BUSY_SHARE = 0.2
BUSY_WAIT_MAX_S = 2.0
COUNT_EVERY_S = 1.5
COMPARE_EVERY_S = 2.0
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
# Orthanc forgets which series were still growing when it restarts, and then calls none stable.
LOST_STABLE = dt.timedelta(seconds=6)
COMMIT_EVERY = 20


class Follower:
    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._beat_at = self._count_at = self._compare_at = 0.0
        self._agreed: StoreCounts | None = None
        self._differed: StoreCounts | None = None

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
        started = time.monotonic()
        position = IntakeCursor.objects.filter(pk=1).values_list("position", flat=True).first() or 0
        page = changes_page(position)
        if page.last < position:
            log.warning("the archive was replaced: its index is built anew")
            intake_commit(position=0)
            self._reconcile()
            return 0.0
        if page.changes:
            self._take(page)
        if not page.done:
            return 0.0
        self._settle(growing=bool(page.changes))
        if not page.changes:
            self._compare()
        return min(
            BUSY_WAIT_MAX_S, max(IDLE_S, (time.monotonic() - started) * (1 / BUSY_SHARE - 1))
        )

    def _take(self, page: ChangePage) -> None:
        new = [c.orthanc_id for c in page.changes if c.kind == "NewSeries"]
        stable = {c.orthanc_id for c in page.changes if c.kind == "StableSeries"}
        wanted = {series_id: series_id in stable for series_id in (*new, *stable)}
        self._register(wanted, position=page.last)

    def _register(self, wanted: dict[str, bool], *, position: int | None = None) -> None:
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
            intake_commit(snapshots=snapshots, gone=gone, position=position)

    def _settle(self, *, growing: bool) -> None:
        """Count what still arrives, and complete what Orthanc will not call stable any more."""
        now = time.monotonic()
        if growing and now >= self._count_at:
            self._count_at = now + COUNT_EVERY_S
            self._count(Series.objects.filter(complete=False).values_list("orthanc_id", flat=True))
        stale = stale_open(LOST_STABLE)
        if stale:
            self._register(dict.fromkeys(stale, True))

    def _count(self, series: Iterable[str]) -> None:
        counts: dict[str, int] = {}
        gone: list[str] = []
        for series_id in series:
            self._beat()
            try:
                counts[series_id] = resources.series_instance_count(series_id)
            except PacsNotFound:
                gone.append(series_id)
        if counts or gone:
            intake_commit(counts=counts, gone=gone)

    def _compare(self) -> None:
        """Deletions make no change: what differs twice in a row is looked into."""
        now = time.monotonic()
        if now < self._compare_at:
            return
        self._compare_at = now + COMPARE_EVERY_S
        counts = store_counts()
        if counts == self._agreed or Series.objects.filter(complete=False).exists():
            return
        if (counts.series, counts.instances) == (Series.objects.count(), _indexed_instances()):
            self._agreed = counts
        elif counts == self._differed:
            self._reconcile()
            self._agreed = counts
        else:
            self._differed = counts

    def _reconcile(self) -> None:
        """Make the index what the archive is, series by series."""
        held = set(resources.series_ids())
        known = dict(Series.objects.values_list("orthanc_id", "instance_count"))
        gone = [series_id for series_id in known if series_id not in held]
        for start in range(0, len(gone), 200):
            self._beat()
            intake_commit(gone=gone[start : start + 200])
        self._register({series_id: True for series_id in held if series_id not in known})
        if store_counts().instances != _indexed_instances():
            self._recount({i: count for i, count in known.items() if i in held})

    def _recount(self, known: dict[str, int]) -> None:
        changed: dict[str, bool] = {}
        for series_id, count in known.items():
            self._beat()
            try:
                if resources.series_instance_count(series_id) != count:
                    changed[series_id] = True
            except PacsNotFound:
                continue
        self._register(changed)

    def _beat(self) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + heartbeat.EVERY_S
            heartbeat.beat("intake")


def _indexed_instances() -> int:
    return int(Series.objects.aggregate(total=Sum("instance_count"))["total"] or 0)
