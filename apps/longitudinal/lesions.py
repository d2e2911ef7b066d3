"""Lesions of one comparison as they are shown, and of one person over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.inference.models import Artifact
from apps.jobs.models import Job
from apps.longitudinal.corrected import Lesion, lesions_corrected
from apps.longitudinal.models import Comparison, LesionCorrection, LesionState
from apps.longitudinal.selectors import Person, comparisons_found

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonShown:
    lesions: list[Lesion]
    corrections: list[LesionCorrection]
    artifacts: list[Artifact]


def pair_of(comparison: Comparison) -> Pair:
    return (comparison.base_series_uid, comparison.follow_series_uid)


def corrections_of(comparison: Comparison) -> list[LesionCorrection]:
    """All there are for the two images, whichever run they were made at."""
    base, follow = pair_of(comparison)
    rows = LesionCorrection.objects.select_related("track").filter(
        comparison__person=comparison.person,
        comparison__base_series_uid=base,
        comparison__follow_series_uid=follow,
    )
    return list(rows.order_by("created_at", "id"))


def lesions_of(comparison: Comparison) -> list[Lesion]:
    states = comparison.lesions.select_related("track")
    return lesions_corrected(list(states), corrections_of(comparison))


def comparison_shown(comparison: Comparison) -> ComparisonShown:
    corrections = corrections_of(comparison)
    states = list(comparison.lesions.select_related("track"))
    artifacts = Artifact.objects.select_related("job").defer("job__result", "job__snapshot")
    return ComparisonShown(
        lesions=lesions_corrected(states, corrections),
        corrections=corrections,
        artifacts=list(artifacts.filter(job=comparison.job_id).order_by("key")),
    )


def measured(person: Person) -> QuerySet[Comparison]:
    """What has measured the lesions of a person, the newest first."""
    rows = comparisons_found(person=person).filter(
        kind=Comparison.Kind.CHANGE, job__state=Job.State.SUCCEEDED, error_code=""
    )
    return rows.order_by("-created_at", "-id")


def tracks_of(person: Person) -> list[dict[str, Any]]:
    """Every lesion of a person with its volumes in the order of the images' dates.

    Where two images were compared more than once the newest run counts. An image that is the
    follow-up of one comparison and the base of another counts as the follow-up.
    """
    newest: dict[Pair, Comparison] = {}
    for comparison in measured(person):
        newest.setdefault(pair_of(comparison), comparison)
    states = _by(
        LesionState.objects.select_related("track").filter(comparison__in=newest.values()),
        lambda state: state.comparison_id,
    )
    corrections = _by(
        LesionCorrection.objects.select_related("track", "comparison")
        .filter(comparison__person=person.identity)
        .defer("comparison__content")
        .order_by("created_at", "id"),
        lambda row: pair_of(row.comparison),
    )
    tracks: dict[str, dict[str, Any]] = {}
    for pair, comparison in newest.items():
        for lesion in lesions_corrected(states[comparison.pk], corrections[pair]):
            if not lesion["rejected"] and lesion["merged_into"] is None:
                _point_add(tracks, comparison, lesion)
    return [_shown(track) for track in tracks.values()]


def _by(rows: Iterable[Any], key: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _point_add(tracks: dict[str, Any], comparison: Comparison, lesion: Lesion) -> None:
    track = tracks.setdefault(
        lesion["track"],
        {"track": lesion["track"], "name": lesion["name"], "origin": lesion["origin"], "at": {}},
    )
    shared = {
        "comparison": comparison.pk,
        "comparable": comparison.comparable,
        "corrected": bool(lesion["corrections"]),
    }
    base = {
        **shared,
        "study_uid": comparison.base_study_uid,
        "series_uid": comparison.base_series_uid,
        "date": comparison.base_date,
        "ml": lesion["base_ml"],
        "state": None,
    }
    follow = {
        **shared,
        "study_uid": comparison.follow_study_uid,
        "series_uid": comparison.follow_series_uid,
        "date": comparison.follow_date,
        "ml": lesion["follow_ml"],
        "state": lesion["state"],
    }
    at = track["at"]
    at.setdefault(comparison.base_series_uid, base)
    known = at.get(comparison.follow_series_uid)
    if known is None or known["state"] is None:
        at[comparison.follow_series_uid] = follow


def _shown(track: dict[str, Any]) -> dict[str, Any]:
    points = track.pop("at").values()
    dated = sorted((p for p in points if p["date"] is not None), key=lambda p: p["date"])
    return {**track, "points": [*dated, *(p for p in points if p["date"] is None)]}
