"""What the page of a plan shows beside the plan's own fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.accounts.models import User
from apps.inference.models import Artifact
from apps.planning.checks import checks_shown
from apps.planning.models import Plan
from apps.planning.required import required_views
from apps.planning.selectors import artifacts_of, doses_of
from apps.planning.services.decide import opened_by


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    checks: list[dict[str, Any]]
    artifacts: list[Artifact]
    doses: list[str]
    required_views: list[dict[str, Any]]


def plan_shown(plan: Plan, reader: User) -> PlanShown:
    opened = opened_by(reader, plan)
    required = required_views(plan.checks) if plan.result is not None else {}
    artifacts = artifacts_of(plan)
    return PlanShown(
        checks=checks_shown(plan),
        artifacts=artifacts,
        doses=doses_of(artifacts),
        required_views=[
            {"key": key, "title": title, "viewed": key in opened} for key, title in required.items()
        ],
    )
