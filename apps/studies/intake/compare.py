"""Deletions make no change in the archive's feed. What has gone is found by comparing counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from django.db.models import Sum

from apps.pacs import resources
from apps.pacs.changes import StoreCounts, store_counts
from apps.pacs.errors import PacsNotFound
from apps.studies.intake.register import intake_commit
from apps.studies.models import Series

EVERY_S = 2.0
AT_ONCE = 200


class Comparison:
    """``register`` reads the given series (complete or not) anew and writes them to the index."""

    def __init__(
        self, *, register: Callable[[Mapping[str, bool]], None], beat: Callable[[], None]
    ) -> None:
        self._register = register
        self._beat = beat
        self._due_at = 0.0
        self._agreed: StoreCounts | None = None
        self._differed: StoreCounts | None = None

    def compare(self) -> None:
        """For a quiet moment. What differs twice in a row is looked into."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + EVERY_S
        counts = store_counts()
        if counts == self._agreed or Series.objects.filter(complete=False).exists():
            return
        if (counts.series, counts.instances) == (Series.objects.count(), _indexed_instances()):
            self._agreed = counts
        elif counts == self._differed:
            self.reconcile()
            # Objects that share an identifier can never agree: once looked into is enough.
            self._agreed = counts
        else:
            self._differed = counts

    def reconcile(self) -> None:
        """Make the index what the archive is, series by series."""
        held = set(resources.series_ids())
        known = dict(Series.objects.values_list("orthanc_id", "instance_count"))
        gone = [series_id for series_id in known if series_id not in held]
        for start in range(0, len(gone), AT_ONCE):
            self._beat()
            intake_commit(gone=gone[start : start + AT_ONCE])
        self._register({series_id: True for series_id in held if series_id not in known})
        if store_counts().instances != _indexed_instances():
            self._recount({i: count for i, count in known.items() if i in held})

    def _recount(self, known: Mapping[str, int]) -> None:
        changed: dict[str, bool] = {}
        for series_id, count in known.items():
            self._beat()
            try:
                if resources.series_instance_count(series_id) != count:
                    changed[series_id] = True
            except PacsNotFound:
                continue
        self._register(changed)


def _indexed_instances() -> int:
    return int(Series.objects.aggregate(total=Sum("instance_count"))["total"] or 0)
