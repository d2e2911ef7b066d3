"""The series that a comparison or a prediction is asked of."""

from __future__ import annotations

from apps.core.errors import NotFound
from apps.longitudinal.timeline import made_here
from apps.studies.models import Series


def series_chosen(series_uid: str) -> tuple[Series, bool]:
    """With its study, and whether a run of ours made it. Raises ``NotFound``."""
    rows = Series.objects.select_related("study__patient").annotate(made_here=made_here())
    found = rows.filter(series_uid=series_uid).first()
    if found is None:
        raise NotFound("There is no such series.", code="series_not_found")
    return found, bool(found.made_here)
