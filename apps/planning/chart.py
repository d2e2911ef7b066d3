"""The control chart: one figure of the checks over patients, and what is out of the ordinary."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from apps.planning.models import LimitSet, Plan
from apps.planning.result import FIRST_DECIDED
from apps.planning.selectors import limits_in_force, patients_of

SIGMAS: Final = 3.0
PATIENTS_MIN: Final = 2
PLANS_MAX: Final = 1000
# Rejected plans were found wanting: they say nothing of how plans usually are.
SHOWN: Final = (Plan.State.REVIEW, Plan.State.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean ± 3 standard deviations (of a sample)."""

    mean: float
    sd: float

    @property
    def lower(self) -> float:
        return self.mean - SIGMAS * self.sd

    @property
    def upper(self) -> float:
        return self.mean + SIGMAS * self.sd

    def outside(self, figure: float) -> bool:
        # Rounding must not put a figure beyond limits that it has set itself.
        slack = 1e-9 * max(1.0, abs(self.mean))
        return not self.lower - slack <= figure <= self.upper + slack


def spread_of(figures: Sequence[float]) -> Spread | None:
    """Nothing for less than two figures."""
    if len(figures) < PATIENTS_MIN:
        return None
    return Spread(mean=statistics.fmean(figures), sd=statistics.stdev(figures))


def chart_of(check: str) -> dict[str, Any]:
    """The chart of one check over the patients planned with the limits in force."""
    limits = limits_in_force()
    plans = latest_plans(limits) if limits else []
    patients = patients_of([plan.study_uid for plan in plans])
    found = [(plan, one) for plan in plans for one in plan.checks if one["key"] == check]
    figures = [(plan, one) for plan, one in found if one["figure"] is not None]
    spread = spread_of([one["figure"] for _, one in figures])
    return {
        "check": check,
        "title": found[-1][1]["title"] if found else "",
        "unit": found[-1][1]["unit"] if found else "",
        "limits": limits,
        "patients": len(figures),
        "mean": spread.mean if spread else None,
        "sd": spread.sd if spread else None,
        "lower": spread.lower if spread else None,
        "upper": spread.upper if spread else None,
        "points": [
            {
                "plan": plan.pk,
                "study_uid": plan.study_uid,
                "patient": patients.get(plan.study_uid),
                "at": plan.created_at,
                "figure": one["figure"],
                "status": one["status"],
                "outside": spread is not None and spread.outside(one["figure"]),
            }
            for plan, one in figures
        ],
        "keys": _keys(plans),
    }


def _keys(plans: list[Plan]) -> list[str]:
    checks = [one for plan in plans for one in plan.checks if one["number"] < FIRST_DECIDED]
    checks.sort(key=lambda one: one["number"])
    return list(dict.fromkeys(one["key"] for one in checks if one["figure"] is not None))


def latest_plans(limits: LimitSet, *, apart_from: Plan | None = None) -> list[Plan]:
    """The newest plan of every patient, oldest first; ``apart_from`` leaves out its patient."""
    plans = list(
        Plan.objects.filter(limits=limits, state__in=SHOWN)
        .defer("result", "body")
        .order_by("-created_at", "-id")[:PLANS_MAX]
    )
    known = patients_of(
        [plan.study_uid for plan in [*plans, *([apart_from] if apart_from else [])]]
    )

    def person(plan: Plan) -> object:
        return known.get(plan.study_uid, plan.study_uid)

    newest: dict[object, Plan] = {}
    for plan in plans:
        newest.setdefault(person(plan), plan)
    if apart_from is not None:
        newest.pop(person(apart_from), None)
    return list(reversed(newest.values()))
