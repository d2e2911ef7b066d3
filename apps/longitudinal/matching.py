"""Which scan does a prediction wait for? Pure functions on rows of the index."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from apps.longitudinal.pairs import pair_reasons
from apps.longitudinal.timeline import series_sequence
from apps.studies.attributes import made_by_model
from apps.studies.models import Series

TOLERANCE_MIN_DAYS: Final = 14
TOLERANCE_SHARE: Final = 0.1
NAMES: Final = ("The base image", "The scan")


def window_of(target: dt.date, days: int) -> tuple[dt.date, dt.date]:
    """The dates that a prediction over ``days`` is held against."""
    tolerance = dt.timedelta(days=max(TOLERANCE_MIN_DAYS, math.ceil(TOLERANCE_SHARE * days)))
    return _shifted(target, -tolerance), _shifted(target, tolerance)


def _shifted(day: dt.date, by: dt.timedelta) -> dt.date:
    try:
        return day + by
    except OverflowError:
        return dt.date.max if by > dt.timedelta() else dt.date.min


def fits(base: Series, candidate: Series) -> bool:
    """An acquired image of the same person, region, modality and sequence, taken after the base."""
    if made_by_model(candidate) or getattr(candidate, "made_here", False):
        return False
    if candidate.kind != Series.Kind.IMAGE or not candidate.complete:
        return False
    wanted, there = series_sequence(base), series_sequence(candidate)
    if wanted and there and wanted != there:
        return False
    dates = (base.study.study_date, candidate.study.study_date)
    if dates[0] is None or dates[1] is None or dates[1] <= dates[0]:
        return False
    return not any(pair_reasons(base, candidate, names=NAMES))


def best_match(base: Series, candidates: Iterable[Series]) -> Series | None:
    """The one of a study's series that was taken most like the base."""
    fitting = [series for series in candidates if fits(base, series)]
    return max(fitting, key=lambda series: _likeness(base, series), default=None)


def _likeness(base: Series, series: Series) -> tuple[bool, bool, float, float, str]:
    same_sequence = series_sequence(base) == series_sequence(series)
    words = (base.description.casefold(), series.description.casefold())
    return (
        series.geometry_kind == "regular",
        same_sequence,
        round(SequenceMatcher(None, *words).ratio(), 6),
        -_spacing_gap(base, series),
        # Of two that are alike always the same one.
        series.series_uid,
    )


def _spacing_gap(base: Series, series: Series) -> float:
    one, other = base.geometry_spacing, series.geometry_spacing
    if not one or not other:
        return math.inf
    return max(abs(math.log(max(a, 1e-6) / max(b, 1e-6))) for a, b in zip(one, other, strict=True))
