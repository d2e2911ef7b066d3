"""May two series be looked at as one person at two times? Pure; no pixel is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from apps.core.errors import Refused
from apps.studies.attributes import made_by_model
from apps.studies.models import Series

# Names of one region: images of them can be laid over each other.
REGIONS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"HEAD", "BRAIN", "SKULL", "HEADNECK", "ORBIT"}),
    frozenset({"CHEST", "HEART", "LUNG", "BREAST"}),
    frozenset({"ABDOMEN", "LIVER", "KIDNEY", "PANCREAS", "PELVIS", "PROSTATE"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    code: str
    message: str


class PairRefused(Refused):
    """``code`` is that of the first reason; ``errors`` lists all."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(
            " ".join(reason.message for reason in reasons),
            code=reasons[0].code,
            errors=[{"code": reason.code, "message": reason.message} for reason in reasons],
        )


def pair_reasons(
    base: Series, follow: Series, *, names: tuple[str, str], across_modalities: bool = False
) -> Iterator[Reason]:
    """Everything that speaks against ``follow`` as the later image of ``base``. ``names`` are what
    people call the two. Series come with their study."""
    earlier, later = names
    if base.series_uid == follow.series_uid:
        yield Reason(code="same_series", message=f"{later} and {earlier} are the same series.")
        return
    if not same_person(base, follow):
        yield Reason(code="different_patient", message="These series are not of the same patient.")
    if base.modality != follow.modality and not across_modalities:
        yield Reason(
            code="modality_mismatch",
            message=f"{later} is {follow.modality or 'of no stated modality'}, {earlier.lower()} "
            f"is {base.modality or 'of none'}.",
        )
    if not _same_region(base.body_part.upper(), follow.body_part.upper()):
        yield Reason(
            code="different_body_part",
            message=f"{later} shows {follow.body_part}, {earlier.lower()} shows {base.body_part}.",
        )
    if _before(follow, base):
        yield Reason(code="reversed_order", message=f"{later} was taken before {earlier.lower()}.")


def origin_reasons(series: Series, *, name: str, made_here: bool) -> Iterator[Reason]:
    """Simulated patients are taken; what a model made of a patient is not."""
    if made_by_model(series) or made_here:
        yield Reason(
            code="synthetic_input",
            message=f"{name} was made by a model or a run; only acquired images are taken.",
        )


def same_person(one: Series, other: Series) -> bool:
    """One row of the index. A different birth date is another person with the same number."""
    first, second = one.study, other.study
    births = {first.birth_date, second.birth_date} - {None}
    return first.patient_id == second.patient_id and len(births) < 2


def _same_region(one: str, other: str) -> bool:
    """Where nothing is recorded, the run looks at the images themselves."""
    if not one or not other or one == other:
        return True
    return any({one, other} <= region for region in REGIONS)


def _before(one: Series, other: Series) -> bool:
    first, second = one.study, other.study
    if first.study_date is None or second.study_date is None:
        return False
    if first.study_date != second.study_date:
        return first.study_date < second.study_date
    if first.study_time is None or second.study_time is None:
        return False
    return first.study_time < second.study_time


def pair_warnings(base: Series, follow: Series) -> list[dict[str, Any]]:
    """What does not forbid a comparison but must be known."""
    dates = (base.study.study_date, follow.study.study_date)
    if None in dates:
        return [
            {
                "code": "date_missing",
                "text": "A study has no date: order and time between the two are not known, and no "
                "yearly rate is given.",
            }
        ]
    if dates[0] == dates[1]:
        return [
            {"code": "same_date", "text": "Both images are of the same date: no rate is given."}
        ]
    return []
