"""What people say of lesions. Corrections are added, never changed, and no run overwrites them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, NotFound, Refused
from apps.core.idempotency import idempotent_create
from apps.longitudinal.corrected import Lesion, in_force
from apps.longitudinal.lesions import corrections_of, lesions_of
from apps.longitudinal.models import Comparison, LesionCorrection, LesionTrack
from apps.longitudinal.services.tracks import name_next

What = LesionCorrection.What
# A state that a person may give; merging has a correction of its own.
STATES: Final = ("new", "enlarging", "stable", "shrinking", "resolved", "split")


def correction_create(
    *,
    user: User,
    comparison_id: UUID,
    what: str,
    reason: str,
    track: str = "",
    value: str = "",
    lesion: dict[str, Any] | None = None,
    withdraws: UUID | None = None,
    idempotency_key: str = "",
) -> tuple[LesionCorrection, bool]:
    """The correction, and whether this call made it.

    Raises ``NotFound`` (comparison_not_found, lesion_not_found, correction_not_found), ``Refused``
    (correction_refused) and ``Conflict`` (comparison_not_ready, correction_withdrawn).
    """
    require(user, "followup.correct")
    asked = {
        "comparison": comparison_id,
        "what": what,
        "reason": reason,
        "track": track,
        "value": value,
        "lesion": lesion,
        "withdraws": withdraws,
    }

    def create() -> UUID:
        return _create(user, comparison_id, asked).pk

    outcome = idempotent_create(
        user_id=user.pk, scope="corrections", key=idempotency_key, body=asked, create=create
    )
    made = LesionCorrection.objects.filter(pk=outcome.object_id).first()
    if made is None:
        raise Conflict("The comparison was deleted with its study.", code="comparison_gone")
    return made, outcome.created


@transaction.atomic
def _create(user: User, comparison_id: UUID, asked: dict[str, Any]) -> LesionCorrection:
    comparison = _locked(comparison_id)
    what = What(asked["what"])
    values = _MAKERS[what](comparison, asked)
    made = LesionCorrection.objects.create(
        comparison=comparison,
        what=what,
        reason=asked["reason"].strip(),
        by=user,
        by_name=user.get_full_name() or user.get_username(),
        **values,
    )
    audit_record(
        actor=user,
        action="followup.correct",
        object_type="comparison",
        object_id=comparison.pk,
        study_uid=comparison.follow_study_uid,
        # Free text may name the patient: the reason itself stands with the correction.
        detail={"correction": str(made.pk), "what": what.value},
    )
    return made


def _locked(comparison_id: UUID) -> Comparison:
    rows = Comparison.objects.select_for_update(of=("self",)).select_related("job")
    comparison = rows.defer("content").filter(pk=comparison_id).first()
    if comparison is None:
        raise NotFound("There is no such comparison.", code="comparison_not_found")
    if comparison.kind != Comparison.Kind.CHANGE or comparison.state != "succeeded":
        raise Conflict(
            "This comparison has found no lesions to correct.", code="comparison_not_ready"
        )
    return comparison


def _lesion(comparison: Comparison, tracking_uid: str) -> Lesion:
    found = next((x for x in lesions_of(comparison) if x["track"] == tracking_uid), None)
    if found is None:
        raise NotFound("This comparison has no such lesion.", code="lesion_not_found")
    return found


def _track(comparison: Comparison, lesion: Lesion) -> LesionTrack:
    return LesionTrack.objects.get(person=comparison.person, tracking_uid=lesion["track"])


def _refused(message: str) -> Refused:
    return Refused(message, code="correction_refused")


def _state(comparison: Comparison, asked: dict[str, Any]) -> dict[str, Any]:
    if asked["value"] not in STATES:
        raise _refused(f"The state of a lesion is one of {', '.join(STATES)}.")
    return {
        "track": _track(comparison, _lesion(comparison, asked["track"])),
        "value": asked["value"],
    }


def _rejected(comparison: Comparison, asked: dict[str, Any]) -> dict[str, Any]:
    return {"track": _track(comparison, _lesion(comparison, asked["track"]))}


def _merged(comparison: Comparison, asked: dict[str, Any]) -> dict[str, Any]:
    lesion, target = (_lesion(comparison, asked[name]) for name in ("track", "value"))
    if lesion["track"] == target["track"]:
        raise _refused("A lesion cannot be merged into itself.")
    if target["merged_into"] is not None or target["rejected"]:
        raise _refused("The other lesion was itself merged or rejected.")
    if any(x["merged_into"] == lesion["track"] for x in lesions_of(comparison)):
        raise _refused("Others were merged into this lesion. Take that back first.")
    return {"track": _track(comparison, lesion), "value": target["track"]}


def _added(comparison: Comparison, asked: dict[str, Any]) -> dict[str, Any]:
    if asked["lesion"] is None:
        raise _refused("A lesion that is added needs its place, state and volumes.")
    value = dict(asked["lesion"])
    name = value.pop("name", "").strip()
    _size_check(value)
    if asked["track"]:
        return {"track": _known_track(comparison, asked["track"]), "value": value}
    named = LesionTrack.objects.filter(person=comparison.person, name__iexact=name)
    if name and named.exists():
        raise _refused("Another lesion of this patient has this name. Choose it, or another name.")
    track = LesionTrack.objects.create(
        person=comparison.person,
        tracking_uid=f"2.25.{uuid4().int}",
        name=name or name_next(comparison.person),
        origin=LesionTrack.Origin.PERSON,
    )
    return {"track": track, "value": value}


def _size_check(lesion: dict[str, Any]) -> None:
    """The state must be what the volumes say."""
    base, follow, state = lesion["base_ml"], lesion["follow_ml"], lesion["state"]
    if state not in STATES:
        raise _refused(f"The state of a lesion that is added is one of {', '.join(STATES)}.")
    if base == 0 and follow == 0:
        raise _refused("A lesion that is at neither visit is none. Give its size at one of them.")
    if (state == "new") != (base == 0):
        raise _refused("A new lesion has no volume at the base, any other has one.")
    if (state == "resolved") != (follow == 0):
        raise _refused("A resolved lesion has no volume at the follow-up, any other has one.")


def _known_track(comparison: Comparison, tracking_uid: str) -> LesionTrack:
    """A lesion of the same patient that was seen at other visits, and missed at these two."""
    known = LesionTrack.objects.filter(person=comparison.person, tracking_uid=tracking_uid).first()
    if known is None:
        raise NotFound("This patient has no such lesion.", code="lesion_not_found")
    if any(lesion["track"] == tracking_uid for lesion in lesions_of(comparison)):
        raise _refused("This comparison has that lesion already. Correct it there.")
    return known


def _withdrawn(comparison: Comparison, asked: dict[str, Any]) -> dict[str, Any]:
    rows = corrections_of(comparison)
    found = next((row for row in rows if row.pk == asked["withdraws"]), None)
    if found is None or found.what == What.WITHDRAWN:
        raise NotFound("There is no such correction to take back.", code="correction_not_found")
    if found not in in_force(rows):
        raise Conflict("This correction was taken back before.", code="correction_withdrawn")
    added = found.what == What.ADDED
    mine = found.track.tracking_uid
    if added and any(x["merged_into"] == mine for x in lesions_of(comparison)):
        raise _refused("Others were merged into this lesion. Take that back first.")
    return {"track": found.track, "withdraws": found}


_MAKERS: Final[dict[str, Callable[[Comparison, dict[str, Any]], dict[str, Any]]]] = {
    What.STATE: _state,
    What.REJECTED: _rejected,
    What.MERGED: _merged,
    What.ADDED: _added,
    What.WITHDRAWN: _withdrawn,
}
