"""Orthanc's feed of changes, page by page, and its counters.

Orthanc 1.10 writes no change for a deletion and forgets the changes of what is deleted: what has
gone is found by comparing counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.pacs.client import get_json

PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: str
    orthanc_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """``last`` is the cursor after this page; ``done`` that there is nothing behind it."""

    changes: tuple[Change, ...]
    last: int
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCounts:
    studies: int
    series: int
    instances: int


def changes_page(since: int, *, limit: int = PAGE) -> ChangePage:
    answer = get_json("/changes", params={"since": since, "limit": limit})
    return ChangePage(
        changes=tuple(
            Change(kind=change["ChangeType"], orthanc_id=change["ID"])
            for change in answer["Changes"]
        ),
        last=int(answer["Last"]),
        done=bool(answer["Done"]),
    )


def store_counts() -> StoreCounts:
    answer = get_json("/statistics")
    return StoreCounts(
        studies=int(answer["CountStudies"]),
        series=int(answer["CountSeries"]),
        instances=int(answer["CountInstances"]),
    )
