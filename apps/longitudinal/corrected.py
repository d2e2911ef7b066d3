"""What stands of the lesions of a comparison once people have corrected it. Pure: the rows are
read elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from apps.longitudinal.models import LesionCorrection, LesionState, LesionTrack

Lesion = dict[str, Any]
What = LesionCorrection.What


def in_force(corrections: Iterable[LesionCorrection]) -> list[LesionCorrection]:
    """Without those that were taken back, and without the taking back; the newest last."""
    rows = list(corrections)
    withdrawn = {row.withdraws_id for row in rows if row.what == What.WITHDRAWN}
    return [row for row in rows if row.what != What.WITHDRAWN and row.pk not in withdrawn]


def lesions_corrected(
    states: Sequence[LesionState], corrections: Iterable[LesionCorrection]
) -> list[Lesion]:
    """The lesions as the API shows them. What the model found stays beside what people say."""
    found = {state.track_id: _from_model(state) for state in states}
    for row in in_force(corrections):
        if row.what == What.ADDED:
            lesion = found.setdefault(row.track_id, _added(row))
            _set_added(lesion, row)
        elif row.track_id not in found:
            continue
        lesion = found[row.track_id]
        if row.what == What.STATE:
            lesion["state"] = row.value
        elif row.what == What.REJECTED:
            lesion["rejected"] = True
        elif row.what == What.MERGED:
            lesion |= {"merged_into": row.value, "state": "merged"}
        lesion["corrections"].append(row.pk)
    _add_up(found.values())
    return sorted(found.values(), key=lambda lesion: _natural(lesion["name"]))


def _from_model(state: LesionState) -> Lesion:
    return {
        **_named(state.track),
        "run_track": state.run_uid,
        "run_name": state.run_name,
        "state": state.state,
        "model_state": state.state,
        "base_ml": state.base_ml,
        "follow_ml": state.follow_ml,
        "model_base_ml": state.base_ml,
        "model_follow_ml": state.follow_ml,
        "centre_lps": state.centre_base,
        "diameter_mm": state.diameter_mm,
        "parents": state.parents,
        "children": state.children,
    }


def _named(track: LesionTrack) -> Lesion:
    return {
        "track": track.tracking_uid,
        "name": track.name,
        "origin": track.origin,
        "rejected": False,
        "merged_into": None,
        "corrections": [],
    }


def _added(row: LesionCorrection) -> Lesion:
    """A lesion that the model has not found."""
    nothing = ("run_track", "run_name", "model_state", "model_base_ml", "model_follow_ml")
    return {**_named(row.track), **dict.fromkeys(nothing), "parents": [], "children": []}


def _set_added(lesion: Lesion, row: LesionCorrection) -> None:
    value: Lesion = row.value or {}
    for name in ("state", "base_ml", "follow_ml", "centre_lps", "diameter_mm"):
        lesion[name] = value[name]


def _add_up(lesions: Iterable[Lesion]) -> None:
    """What was merged into a lesion counts there."""
    by_track = {lesion["track"]: lesion for lesion in lesions}
    for lesion in by_track.values():
        target = by_track.get(lesion["merged_into"])
        if target is not None and not lesion["rejected"]:
            target["base_ml"] += lesion["base_ml"]
            target["follow_ml"] += lesion["follow_ml"]


def _natural(name: str) -> tuple[int, str]:
    """L2 before L10."""
    digits = "".join(filter(str.isdecimal, name))
    return (int(digits[:9]) if digits else 0, name)
