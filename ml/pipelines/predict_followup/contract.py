"""What is refused and warned of before anything is predicted, and the dates of the visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ml.contracts.errors import (
    DifferentPatient,
    InputRefused,
    ModalityMismatch,
    ReversedOrder,
    SyntheticInput,
)
from ml.dicom.files import read_object
from ml.imaging.volume import Volume
from ml.models.followup.config import DAYS

PREDICTED = "SYNTHETIC PREDICTED"
_SYNTHESIZING_EQUIPMENT = "109100"


def refuse_predicted(volume: Volume, role: str) -> None:
    """A prediction that is given as if it had been acquired: predictions of predictions drift.

    Raises:
        SyntheticInput: the series says that it was predicted.
    """
    if volume.source is None:
        return
    header = read_object(volume.source.files[0], pixels=False)
    if str(header.get("SeriesDescription", "")).upper().startswith(PREDICTED):
        raise SyntheticInput(f"The {role} is itself a prediction. Choose an acquired series.")


def refuse_ct(volume: Volume) -> None:
    """A CT that says it is MR, or says nothing.

    Raises:
        ModalityMismatch: the values are those of a CT.
    """
    if volume.array.min() <= -900 and float((volume.array <= -900).mean()) > 0.05:
        raise ModalityMismatch("The values are CT numbers: a follow-up is predicted from an MR.")


def refuse_other_patient(base: Volume, other: Volume) -> None:
    """Two series whose headers name different people.

    Raises:
        DifferentPatient: the patient ids differ.
    """
    if base.source is None or other.source is None:
        return
    first, second = (
        read_object(source.files[0], pixels=False) for source in (base.source, other.source)
    )
    ids = [str(header.get("PatientID") or "") for header in (first, second)]
    if all(ids) and ids[0] != ids[1]:
        raise DifferentPatient("The two series are of different patients.")


def date_of(volume: Volume, stated: str) -> date | None:
    """When a series was taken: by its header, else as stated (YYYY-MM-DD, may be empty).

    Raises:
        InputRefused: what is stated is no date.
    """
    if volume.source is not None:
        header = read_object(volume.source.files[0], pixels=False)
        for key in ("AcquisitionDate", "StudyDate"):
            text = str(header.get(key) or "")[:8]
            try:
                return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    if not stated:
        return None
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        raise InputRefused(f"{stated[:20]!r} is not a date (YYYY-MM-DD).") from error


def prior_days(base: date | None, prior: date | None) -> float | None:
    """Days from the prior to the base; None where either is unknown or they are the same.

    Raises:
        ReversedOrder: the prior is later than the base.
    """
    if base is None or prior is None or base == prior:
        return None
    days = (base - prior).days
    if days < 0:
        raise ReversedOrder("The prior is later than the base.")
    return float(days)


def range_warning(days: float) -> dict[str, Any] | None:
    """What to say of a day that lies outside the training data."""
    if DAYS[0] <= days <= DAYS[1]:
        return None
    return {
        "code": "beyond_training_range",
        "text": f"Day {days:g} lies outside the {DAYS[0]:g} to {DAYS[1]:g} days that the model was "
        "trained on; beyond them its interval is widened.",
    }
