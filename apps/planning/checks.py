"""The checks as a page shows them: those of the run, and the three that people answer."""

from __future__ import annotations

from typing import Any, Final

from apps.planning.chart import PATIENTS_MIN, latest_plans, spread_of
from apps.planning.models import Plan
from apps.planning.result import FIRST_DECIDED

# state -> (status, sentence)
_SIGN_OFF: Final = {
    Plan.State.APPROVED: ("pass", "A physicist has approved this plan; the reason stands with it."),
    Plan.State.REJECTED: ("fail", "A physicist has rejected this plan; the reason stands with it."),
    Plan.State.REVIEW: ("not_applicable", "This plan waits for a physicist's decision."),
}


def checks_shown(plan: Plan) -> list[dict[str, Any]]:
    """All eleven; empty while there is no result."""
    if plan.result is None:
        return []
    measured = [one for one in plan.result["checks"] if one["number"] < FIRST_DECIDED]
    return [*measured, _sign_off(plan), _export(plan), _control_chart(plan)]


def _check(number: int, key: str, title: str, status: str, text: str, **more: Any) -> Any:
    empty = {"figure": None, "unit": "", "limit": "", "picture": None}
    check = {"number": number, "key": key, "title": title, "status": status, "text": text}
    return {**check, **empty, **more}


def _sign_off(plan: Plan) -> dict[str, Any]:
    status, text = _SIGN_OFF[Plan.State(plan.state)]
    return dict(_check(9, "sign_off", "DVH table and sign-off with reason", status, text))


def _export(plan: Plan) -> dict[str, Any]:
    unlocked = plan.state == Plan.State.APPROVED
    text = "Export is unlocked." if unlocked else "Export is locked until the plan is approved."
    status = "pass" if unlocked else "not_applicable"
    return dict(_check(10, "export", "Lock, export and audit", status, text))


def _control_chart(plan: Plan) -> dict[str, Any]:
    """Each figure of this plan against those of the other patients."""
    title, limit = "Control chart over patients", "mean ± 3 sd of the other patients"
    others = latest_plans(plan.limits, apart_from=plan)
    if len(others) < PATIENTS_MIN:
        text = f"{len(others)} other patients have plans with these limits; two are needed."
        status = "not_applicable"
        return dict(_check(11, "control_chart", title, status, text, limit=limit))
    outside = []
    for check in plan.checks:
        figures = [
            one["figure"]
            for other in others
            for one in other.checks
            if one["key"] == check["key"] and one["figure"] is not None
        ]
        spread = spread_of(figures)
        if spread and check["figure"] is not None and spread.outside(check["figure"]):
            outside.append(check["title"])
    told = "; ".join(outside)
    text = (
        f"Out of the ordinary against {len(others)} other patients: {told}."
        if outside
        else f"All figures are as those of {len(others)} other patients."
    )
    return dict(
        _check(
            11,
            "control_chart",
            title,
            "warn" if outside else "pass",
            text,
            limit=limit,
            figure=float(len(outside)),
            unit="figures outside",
        )
    )
