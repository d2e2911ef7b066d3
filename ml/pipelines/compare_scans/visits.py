"""The two visits of a comparison: read, held against each other, and what their headers tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from ml.contracts.errors import (
    DifferentBodyPart,
    DifferentPatient,
    InputRefused,
    ModalityMismatch,
    ReversedOrder,
)
from ml.contracts.request import ImageInput
from ml.dicom.files import objects_in
from ml.followup.comparability import Acquisition
from ml.imaging.volume import Volume
from ml.runtime.context import RunContext
from ml.runtime.inputs import read_input

# Names of one region: images of them can be laid over each other.
REGIONS: Final = (
    frozenset({"HEAD", "BRAIN", "SKULL", "HEADNECK", "ORBIT"}),
    frozenset({"CHEST", "HEART", "LUNG", "BREAST"}),
    frozenset({"ABDOMEN", "LIVER", "KIDNEY", "PANCREAS", "PELVIS", "PROSTATE"}),
)
AIR_HU: Final = -900


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that does not forbid the comparison but must be known."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One image, when it was taken (None where not known) and how."""

    image: Volume
    day: date | None
    taken: Acquisition

    @property
    def series_uid(self) -> str:
        return "" if self.image.source is None else self.image.source.series_uid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """``days`` from the base to the follow-up; None where a date is missing."""

    base: Visit
    follow: Visit
    days: int | None
    warnings: tuple[Warned, ...]


def read_visits(context: RunContext, *, across_modalities: bool = False) -> Visits:
    """Read ``base`` and ``follow`` and hold them against each other.

    Raises:
        DifferentPatient, DifferentBodyPart, ReversedOrder, ModalityMismatch: they do not belong
            together. Others as :func:`ml.runtime.inputs.read_input` raises.
    """
    headers = [_first_header(context.input(name)) for name in ("base", "follow")]
    _same_person(*headers)
    _same_part(*headers)
    if not across_modalities:
        _same_modality(*headers)
    days = [
        _day(header, str(context.params.get(f"{name}_date") or ""))
        for header, name in zip(headers, ("base", "follow"), strict=True)
    ]
    between = None if days[0] is None or days[1] is None else (days[1] - days[0]).days
    if between is not None and between < 0:
        raise ReversedOrder("The follow-up was taken before the base image.")
    images = [read_input(context, name) for name in ("base", "follow")]
    if not across_modalities and len({_is_ct(image) for image in images}) > 1:
        raise ModalityMismatch("One of the two images is a CT and the other is not.")
    base, follow = (
        Visit(image=image, day=day, taken=acquisition(header))
        for image, day, header in zip(images, days, headers, strict=True)
    )
    return Visits(base=base, follow=follow, days=between, warnings=tuple(_warnings(between)))


def _first_header(image: ImageInput) -> Dataset | None:
    """The header of some image of the series; None for NIfTI."""
    if image.kind != "dicom":
        return None
    found = (header for _, header in objects_in(image.path) if header and header.get("Rows"))
    return next(found, None)


def _same_person(base: Dataset | None, follow: Dataset | None) -> None:
    if base is None or follow is None:
        return
    for keyword in ("PatientID", "IssuerOfPatientID", "PatientBirthDate"):
        one, other = (str(header.get(keyword) or "").strip() for header in (base, follow))
        if one and other and one != other:
            raise DifferentPatient("The two series are not of the same patient.")


def _same_part(base: Dataset | None, follow: Dataset | None) -> None:
    one, other = (
        str(header.get("BodyPartExamined") or "").upper() if header is not None else ""
        for header in (base, follow)
    )
    if not one or not other or one == other:
        return
    if not any({one, other} <= region for region in REGIONS):
        raise DifferentBodyPart(f"The base image shows {one}, the follow-up shows {other}.")


def _same_modality(base: Dataset | None, follow: Dataset | None) -> None:
    if base is None or follow is None:
        return
    one, other = str(base.get("Modality", "")), str(follow.get("Modality", ""))
    if one != other:
        raise ModalityMismatch(f"The base image is {one}, the follow-up is {other}.")


def _is_ct(image: Volume) -> bool:
    """By its header, else by the air around the body."""
    if image.source is not None:
        return image.source.modality == "CT"
    return float((image.array[::2, ::2, ::2] <= AIR_HU).mean()) > 0.05


def _day(header: Dataset | None, stated: str) -> date | None:
    """By the header, else as stated (YYYY-MM-DD). Raises ``InputRefused`` for what is no date."""
    if header is not None:
        for keyword in ("AcquisitionDate", "StudyDate"):
            text = str(header.get(keyword) or "")
            try:
                return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
            except ValueError:
                continue
    if not stated:
        return None
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        raise InputRefused("A stated date is not of the form YYYY-MM-DD.") from error


def _warnings(days: int | None) -> list[Warned]:
    if days is None:
        text = "A date is missing: order and time between the images are not known, and no yearly "
        return [Warned(code="date_missing", text=text + "rate is given.")]
    if days == 0:
        text = "Both images are of the same date: no rate is given."
        return [Warned(code="same_date", text=text)]
    return []


def acquisition(header: Dataset | None) -> Acquisition:
    """How an image was taken, as far as its header says."""
    if header is None:
        return Acquisition()
    agent = str(header.get("ContrastBolusAgent") or "").strip()
    return Acquisition(
        manufacturer=str(header.get("Manufacturer") or ""),
        model=str(header.get("ManufacturerModelName") or ""),
        field_t=_number(header.get("MagneticFieldStrength")),
        description=str(header.get("SeriesDescription") or ""),
        echo_time_ms=_number(header.get("EchoTime")),
        repetition_time_ms=_number(header.get("RepetitionTime")),
        inversion_time_ms=_number(header.get("InversionTime")),
        contrast_agent=bool(agent) if "ContrastBolusAgent" in header else None,
    )


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None
