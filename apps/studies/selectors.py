"""Reading the index."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from apps.core.errors import NotFound
from apps.studies import search
from apps.studies.models import NO_DATE, Annotation, IntakeCursor, Series, SeriesLayout, Study

# What a list can be sorted by, and the columns that give each order. The last is unique.
SORTS: dict[str, tuple[str, str]] = {
    "study_date": ("date_key", "id"),
    "-study_date": ("-date_key", "-id"),
    "patient_name": ("name_key", "id"),
    "-patient_name": ("-name_key", "-id"),
    "received_at": ("received_at", "id"),
    "-received_at": ("-received_at", "-id"),
}
SORT_DEFAULT = "-study_date"


def studies_found(
    *,
    query: str = "",
    modality: str = "",
    date_from: dt.date | None = None,
    date_to: dt.date | None = None,
) -> QuerySet[Study]:
    studies = Study.objects.select_related("patient")
    if query.strip():
        studies = search.with_words(studies, query)
    if modality:
        studies = search.with_modality(studies, modality)
    if date_from is not None:
        studies = studies.filter(date_key__gte=date_from)
    if date_to is not None:
        studies = studies.filter(date_key__lte=date_to, date_key__gt=NO_DATE)
    return studies


def study_get(study_uid: str) -> Study:
    study = Study.objects.select_related("patient").filter(study_uid=study_uid).first()
    if study is None:
        raise NotFound("There is no such study.", code="study_not_found")
    return study


def series_of(study: Study) -> list[Series]:
    return list(study.series.order_by("number", "id").select_related("study"))


def series_get(series_uid: str) -> Series:
    series = Series.objects.select_related("study").filter(series_uid=series_uid).first()
    if series is None:
        raise NotFound("There is no such series.", code="series_not_found")
    return series


def layout_get(series: Series) -> SeriesLayout:
    """Raises NotFound while the series is still arriving for the first time."""
    layout = SeriesLayout.objects.filter(series=series).first()
    if layout is None:
        raise NotFound("The series is still arriving.", code="series_incomplete", permanent=False)
    return layout


def priors_of(study: Study) -> list[Study]:
    """Earlier studies of the same person, newest first. A different birth date is another person
    with the same number: such numbers are given anew, or by another hospital."""
    others = Study.objects.select_related("patient").filter(patient=study.patient_id)
    before = Q(date_key__lt=study.date_key)
    if study.study_time is not None:
        before |= Q(date_key=study.date_key, study_time__lt=study.study_time)
    earlier = others.exclude(pk=study.pk).exclude(date_key=NO_DATE).filter(before)
    if study.birth_date is not None:
        earlier = earlier.filter(Q(birth_date=study.birth_date) | Q(birth_date=None))
    return list(earlier.order_by("-date_key", "-study_time", "-id")[:50])


def studies_head() -> int:
    """Grows whenever a study list may look different."""
    return IntakeCursor.objects.filter(pk=1).values_list("revision", flat=True).first() or 0


def annotations_of(study_uid: str) -> QuerySet[Annotation]:
    rows = Annotation.objects.select_related("author").filter(study_uid=study_uid)
    return rows.order_by("created_at", "id")
