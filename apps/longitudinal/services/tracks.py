"""Lesions of a run become states of the patient's tracks."""

from __future__ import annotations

from typing import Any

from apps.longitudinal.models import (
    Comparison,
    LesionCorrection,
    LesionState,
    LesionTrack,
)
from apps.longitudinal.tracking import Placed, follow_centre, matched, placed


def name_next(person: str) -> str:
    """The first of L1, L2, … that no lesion of the person has."""
    taken = set(LesionTrack.objects.filter(person=person).values_list("name", flat=True))
    return next(name for n in range(1, len(taken) + 2) if (name := f"L{n}") not in taken)


def lesions_write(comparison: Comparison, content: dict[str, Any]) -> None:
    """Keep what a run has found. Doing it again changes nothing."""
    registration = content.get("registration") or {}
    rows = {
        lesion["track"]: _values(lesion, registration.get("matrix"))
        for lesion in content["lesions"]
    }
    tracks = _tracks(comparison, rows)
    for uid, values in rows.items():
        LesionState.objects.update_or_create(
            comparison=comparison,
            run_uid=uid,
            defaults={"track": tracks[uid], **values},
        )


def _values(lesion: dict[str, Any], matrix: Any) -> dict[str, Any]:
    return {
        "run_name": lesion["name"],
        "state": lesion["state"],
        "base_ml": lesion["base_ml"],
        "follow_ml": lesion["follow_ml"],
        "diameter_mm": lesion.get("diameter_mm"),
        "centre_base": lesion["centre_lps"],
        "centre_follow": follow_centre(lesion["centre_lps"], matrix),
        "parents": lesion.get("parents", []),
        "children": lesion.get("children", []),
    }


def _tracks(comparison: Comparison, rows: dict[str, dict[str, Any]]) -> dict[str, LesionTrack]:
    """The track of each lesion: the one that has its Tracking UID, else the nearest that was seen
    in one of the same images, else a new one."""
    mine = LesionState.objects.filter(comparison=comparison).select_related("track")
    found = {state.run_uid: state.track for state in mine}
    named = LesionTrack.objects.filter(person=comparison.person, tracking_uid__in=rows)
    for track in named:
        found.setdefault(track.tracking_uid, track)
    taken = {track.pk for track in found.values()}
    known = {track.tracking_uid: track for track in _of_person(comparison)}
    base, follow = comparison.base_series_uid, comparison.follow_series_uid
    near = matched(
        [placed(uid, row, base, follow) for uid, row in rows.items() if uid not in found],
        [one for one in _known_places(comparison) if known[one.key].pk not in taken],
    )
    for uid in rows:
        if uid in near:
            found[uid] = known[near[uid]]
        elif uid not in found:
            found[uid] = LesionTrack.objects.create(
                person=comparison.person, tracking_uid=uid, name=name_next(comparison.person)
            )
    return found


def _of_person(comparison: Comparison) -> list[LesionTrack]:
    return list(LesionTrack.objects.filter(person=comparison.person))


def _known_places(comparison: Comparison) -> list[Placed]:
    """Where lesions of the person were seen before, by the model and by people."""
    images = (comparison.base_series_uid, comparison.follow_series_uid)
    states = (
        LesionState.objects.filter(comparison__person=comparison.person)
        .exclude(comparison=comparison)
        .select_related("track", "comparison")
        .defer("comparison__content")
    )
    seen = [
        placed(
            state.track.tracking_uid,
            {"centre_base": state.centre_base, "centre_follow": state.centre_follow},
            state.comparison.base_series_uid,
            state.comparison.follow_series_uid,
        )
        for state in states
    ]
    added = LesionCorrection.objects.filter(
        comparison__person=comparison.person,
        comparison__base_series_uid__in=images,
        what=LesionCorrection.What.ADDED,
        withdrawn_by=None,
    ).select_related("track", "comparison")
    return seen + [
        Placed(
            key=row.track.tracking_uid,
            centres={row.comparison.base_series_uid: (row.value or {})["centre_lps"]},
        )
        for row in added
    ]
