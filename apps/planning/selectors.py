"""Reading plans, templates and limits."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.inference.models import Artifact
from apps.planning.models import LimitSet, Plan, PlanTemplate
from apps.studies.models import Study

# Artefact -> what /dose?which= calls it.
DOSE_KEYS = {
    "dose": "plan",
    "dose-reference": "reference",
    "dose-bulk": "bulk",
    "dose-lower": "lower",
    "dose-upper": "upper",
    "gamma": "gamma",
}


def templates_found(*, name: str = "", everything: bool = False) -> QuerySet[PlanTemplate]:
    templates = PlanTemplate.objects.select_related("created_by")
    if name:
        templates = templates.filter(name=name)
    return templates if everything else templates.filter(active=True)


def template_get(template_id: UUID) -> PlanTemplate:
    template = PlanTemplate.objects.select_related("created_by").filter(pk=template_id).first()
    if template is None:
        raise NotFound("There is no such template.", code="template_not_found")
    return template


def limits_in_force() -> LimitSet | None:
    return LimitSet.objects.order_by("-version").first()


def plans_found(*, study_uid: str = "", state: str = "") -> QuerySet[Plan]:
    """Plans with what lists show of them, in one query."""
    plans = Plan.objects.select_related("job", "template", "limits", "created_by").defer(
        "result", "body", "job__result", "job__snapshot", "template__body", "limits__limits"
    )
    if study_uid:
        plans = plans.filter(study_uid=study_uid)
    return plans.filter(state=state) if state else plans


def plan_get(plan_id: UUID) -> Plan:
    """A plan with all that its page shows. Raises ``NotFound``."""
    plans = Plan.objects.select_related("job", "template", "limits", "created_by")
    plan = (
        plans.defer("job__result", "job__snapshot", "template__body", "limits__limits")
        .prefetch_related("decisions", "successors")
        .filter(pk=plan_id)
        .first()
    )
    if plan is None:
        raise NotFound("There is no such plan.", code="plan_not_found")
    return plan


def artifacts_of(plan: Plan) -> list[Artifact]:
    artifacts = Artifact.objects.select_related("job").defer("job__result", "job__snapshot")
    return list(artifacts.filter(job=plan.job_id).order_by("key"))


def doses_of(artifacts: list[Artifact]) -> list[str]:
    """What doses there are, and what can be told from them."""
    there = {DOSE_KEYS[one.key] for one in artifacts if one.key in DOSE_KEYS}
    found = [name for name in DOSE_KEYS.values() if name in there]
    if {"plan", "reference"} <= there:
        found.append("difference")
    return found


def patients_of(study_uids: list[str]) -> dict[str, UUID]:
    """Study UID -> the id of its patient."""
    rows = Study.objects.filter(study_uid__in=study_uids).values_list("study_uid", "patient_id")
    return dict(rows)
