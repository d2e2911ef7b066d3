"""The comparison itself: lay the follow-up onto the base and judge the pair."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ml.contracts.errors import InputRefused
from ml.followup.comparability import Comparability, comparability
from ml.imaging.registration import Registration, RegistrationFailed, register, resampled
from ml.imaging.volume import Volume
from ml.pipelines.compare_scans.visits import Visit, Visits, Warned
from ml.runtime.context import RunContext


class RegistrationRefused(InputRefused):
    """The two images show nothing in common."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """``onto``: the follow-up, float32, on the base image's grid, 0 where it does not reach."""

    visits: Visits
    registration: Registration
    onto: Volume
    comparability: Comparability
    warnings: tuple[Warned, ...]


def compare(context: RunContext, visits: Visits, *, deformable: bool) -> Comparison:
    """Register and judge.

    Raises:
        RegistrationRefused: the images have nothing in common. Cancelled: asked to stop.
    """
    base, follow = visits.base.image, visits.follow.image
    try:
        found = register(base, follow, deformable=deformable, check=context.cancel.check)
    except RegistrationFailed as error:
        raise RegistrationRefused(str(error)) from error
    outside = float(follow.array.min())
    onto = resampled(follow, base, found, outside=min(outside, 0.0))
    context.cancel.check()
    judged = comparability(
        base,
        onto,
        found,
        thickest_mm=(max(base.spacing), max(follow.spacing)),
        taken=(visits.base.taken, visits.follow.taken),
        days=visits.days,
    )
    warnings = [
        *visits.warnings,
        *(
            Warned(code=f"comparability_{reason.code}", text=reason.text)
            for reason in judged.reasons
            if reason.status != "pass" and reason.code != "days"
        ),
    ]
    return Comparison(
        visits=visits,
        registration=found,
        onto=onto,
        comparability=judged,
        warnings=tuple(warnings),
    )


def comparison_json(comparison: Comparison, context: RunContext) -> dict[str, Any]:
    """What comparability.json and change.json have in common."""
    found = comparison.registration
    return {
        "base": _visit(comparison.visits.base),
        "follow": _visit(comparison.visits.follow),
        "days": comparison.visits.days,
        "comparability": comparison.comparability.as_json(),
        "registration": {
            "method": "rigid" if found.displacement is None else "deformable",
            "rotation_deg": round(found.rotation_deg, 2),
            "translation_mm": round(found.translation_mm, 2),
            "overlap": round(found.overlap, 4),
            "similarity": round(found.similarity, 4),
            "matrix": [[round(float(v), 8) for v in row] for row in found.matrix],
        },
        "warnings": [asdict(warning) for warning in comparison.warnings],
        "software": {"pipeline": context.manifest.name, "version": context.manifest.version},
    }


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "series_uid": visit.series_uid,
        "date": None if visit.day is None else visit.day.isoformat(),
    }
