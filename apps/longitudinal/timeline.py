"""All studies of one person on one axis."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from apps.inference.models import Artifact
from apps.longitudinal.selectors import (
    comparisons_found,
    person_get,
    predictions_found,
    treatments_of,
)
from apps.studies.attributes import made_by_model
from apps.studies.models import Series, Study
from apps.studies.scans import sequence_of

STUDIES_MAX: Final = 500
ROWS_MAX: Final = 200


def timeline_of(study_uid: str) -> dict[str, Any]:
    """The timeline as the API shows it, in as many queries for any number of studies. Raises
    ``NotFound`` (study_not_found)."""
    person = person_get(study_uid)
    newest = person.studies.order_by("-date_key", "-study_time", "-id")
    rows = list(newest[: STUDIES_MAX + 1])
    shown = rows[:STUDIES_MAX][::-1]
    series = _series_by_study(shown)
    studies = [_study_shown(row, series[row.pk]) for row in shown]
    return {
        "studies": [row for row in studies if row["date"] is not None],
        "undated": [row for row in studies if row["date"] is None],
        "truncated": len(rows) > STUDIES_MAX,
        "treatments": treatments_of(person),
        "comparisons": comparisons_found(person=person)[:ROWS_MAX],
        "predictions": predictions_found(person=person)[:ROWS_MAX],
    }


def made_here() -> Exists:
    """Whether a series came from a run of ours: a registered copy is no acquired image either."""
    return Exists(Artifact.objects.filter(series_uid=OuterRef("series_uid")))


def _series_by_study(studies: list[Study]) -> dict[UUID, list[Series]]:
    images = Series.objects.filter(study__in=studies, kind=Series.Kind.IMAGE)
    found: dict[UUID, list[Series]] = defaultdict(list)
    for series in images.annotate(made_here=made_here()).order_by("number", "id"):
        found[series.study_id].append(series)
    return found


def _study_shown(study: Study, series: list[Series]) -> dict[str, Any]:
    return {
        "study_uid": study.study_uid,
        "date": study.study_date,
        "time": study.study_time,
        "description": study.description,
        "modalities": study.modalities,
        "series": [_series_shown(row) for row in series],
    }


def _series_shown(series: Series) -> dict[str, Any]:
    return {
        "series_uid": series.series_uid,
        "description": series.description,
        "modality": series.modality,
        "sequence": series_sequence(series) or None,
        "device": series.device or None,
        "slices": series.geometry_slices,
        "spacing_mm": series.geometry_spacing,
        "geometry": series.geometry_kind,
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "body_part": series.body_part,
        "ai_generated": made_by_model(series) or getattr(series, "made_here", False),
        "synthetic": series.synthetic,
        "complete": series.complete,
    }


def series_sequence(series: Series) -> str:
    """As it was indexed, else as its description says."""
    return series.sequence or sequence_of(series.description, series.modality)
