"""Which lesion of a new comparison is which of an earlier one? Pure geometry."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

NEAR_MM: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A lesion, and where its centre is in each image that it was seen in: series UID to LPS mm."""

    key: str
    centres: Mapping[str, Sequence[float]]


def follow_centre(
    centre_base: Sequence[float], matrix: Sequence[Sequence[float]] | None
) -> list[float] | None:
    """Where a point of the base image lies in the follow-up; ``matrix`` is 4 by 4, LPS mm."""
    if matrix is None:
        return None
    point = np.asarray(matrix, float) @ np.append(np.asarray(centre_base, float), 1.0)
    return [float(value) for value in point[:3]]


def distance_mm(one: Placed, other: Placed) -> float | None:
    """In the nearest of the images that both were seen in; nothing when there is none."""
    shared = one.centres.keys() & other.centres.keys()
    gaps = [
        float(np.linalg.norm(np.subtract(one.centres[uid], other.centres[uid]))) for uid in shared
    ]
    return min(gaps, default=None)


def matched(found: Sequence[Placed], known: Sequence[Placed]) -> dict[str, str]:
    """Key of ``found`` -> key of ``known``, one to one, the nearest first, within ``NEAR_MM``."""
    pairs = [
        (gap, one.key, other.key)
        for one, other in itertools.product(found, known)
        if (gap := distance_mm(one, other)) is not None and gap <= NEAR_MM
    ]
    result: dict[str, str] = {}
    taken: set[str] = set()
    for _gap, key, track in sorted(pairs):
        if key not in result and track not in taken:
            result[key] = track
            taken.add(track)
    return result


def placed(key: str, state: Mapping[str, Any], base: str, follow: str) -> Placed:
    """``state``: ``centre_base`` and ``centre_follow`` (or none)."""
    centres: dict[str, Sequence[float]] = {base: state["centre_base"]}
    if state["centre_follow"] is not None:
        centres[follow] = state["centre_follow"]
    return Placed(key=key, centres=centres)
