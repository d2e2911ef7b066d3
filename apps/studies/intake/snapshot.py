"""What the archive holds of one series at one moment, read without touching the database."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from apps.pacs import resources
from apps.pacs.errors import PacsNotFound
from apps.studies import attributes
from apps.studies import tags as t
from apps.studies.layout import Layout, layout_of
from apps.studies.models import Series
from apps.studies.tags import Tags

log = logging.getLogger(__name__)

WITH_PLANES = (Series.Kind.IMAGE, Series.Kind.RTDOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """``layout`` is there once the series is complete; before, only its instances are counted."""

    record: resources.SeriesRecord
    kind: str
    derived_from: list[str]
    layout: Layout | None

    @property
    def tags(self) -> Tags:
        return self.record.first

    @property
    def received_at(self) -> dt.datetime:
        try:
            return dt.datetime.strptime(f"{self.record.received_at}Z", "%Y%m%dT%H%M%S%z")
        except ValueError:
            return dt.datetime.now(dt.UTC)


def series_snapshot(series_id: str, *, complete: bool) -> Snapshot:
    """Raises PacsNotFound when the series has gone, PacsUnavailable when Orthanc has."""
    record = resources.series_record(series_id)
    kind = attributes.series_kind(record.first, record.sop_class)
    layout = _layout(series_id, kind) if complete or record.stable else None
    return Snapshot(
        record=record,
        kind=kind,
        derived_from=_derived_from(record.first) if layout else [],
        layout=layout,
    )


def _layout(series_id: str, kind: str) -> Layout:
    instances = resources.series_instance_tags(series_id)
    if not instances:
        raise PacsNotFound
    try:
        return layout_of(instances, is_image=kind in WITH_PLANES)
    except Exception as error:  # noqa: BLE001 - one odd series must not hold up all after it
        log.error("no geometry of a series: %s", type(error).__name__)  # noqa: TRY400 - tags
        return _unreadable(instances)


def _unreadable(instances: dict[str, Any]) -> Layout:
    plain = [
        {"sop": t.text(tags, "SOPInstanceUID"), "orthanc": oid, "number": None, "position": None}
        for oid, tags in instances.items()
    ]
    return Layout(
        kind="none",
        spacing=None,
        slices=0,
        reason="The geometry of the series could not be read.",
        frames=len(plain),
        instances=[{**entry, "frames": 1} for entry in plain],
        grid=None,
        planes=[],
    )


def _derived_from(tags: Tags) -> list[str]:
    named = attributes.derived_from(tags)
    source = attributes.source_instance(tags)
    if named or not source:
        return named
    instance = resources.lookup(source, "Instance")
    series = resources.instance_series_uid(instance) if instance else None
    return [series] if series and series != t.text(tags, "SeriesInstanceUID") else []
