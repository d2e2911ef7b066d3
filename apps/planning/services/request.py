"""From what a person wants planned to a plan whose job is queued, or to the reasons why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, NotFound, Refused
from apps.core.idempotency import idempotent_create
from apps.inference.models import Artifact
from apps.inference.planning import template_check
from apps.inference.request import inference_request
from apps.planning.models import LimitSet, Plan, PlanTemplate
from apps.planning.selectors import limits_in_force
from apps.studies.models import Series

PIPELINE: Final = "plan_photons"


def plan_create(
    *,
    user: User,
    template: UUID,
    inputs: Mapping[str, str],
    body: dict[str, Any] | None = None,
    target_roi: str = "",
    predecessor: UUID | None = None,
    override_reason: str = "",
    idempotency_key: str = "",
) -> tuple[Plan, bool]:
    """The plan, and whether this call made it.

    ``body`` is the template as it was changed by hand. Raises ``Refused`` (template_refused,
    other_patient, …), ``NotFound`` for a template or predecessor that is not there, and what
    ``inference_request`` raises.
    """
    require(user, "plan.run")
    asked = {
        "template": template,
        "inputs": dict(inputs),
        "body": body,
        "target_roi": target_roi,
        "predecessor": predecessor,
        "override_reason": override_reason,
    }

    def create() -> UUID:
        return _create(
            user=user,
            template=_template(template),
            inputs=inputs,
            body=body,
            target_roi=target_roi,
            predecessor=_predecessor(predecessor),
            override_reason=override_reason,
        ).pk

    outcome = idempotent_create(
        user_id=user.pk, scope="plans", key=idempotency_key, body=asked, create=create
    )
    plan = Plan.objects.filter(pk=outcome.object_id).first()
    if plan is None:
        raise Conflict(
            "The plan of this Idempotency-Key was deleted with its study. Use another key to ask "
            "again.",
            code="plan_gone",
        )
    return plan, outcome.created


@transaction.atomic
def _create(
    *,
    user: User,
    template: PlanTemplate,
    inputs: Mapping[str, str],
    body: dict[str, Any] | None,
    target_roi: str,
    predecessor: Plan | None,
    override_reason: str,
) -> Plan:
    used = template.body if body is None else body
    template_check(used)
    limits = _limits()
    _one_patient(inputs, predecessor)
    job, _ = inference_request(
        user=user,
        pipeline=PIPELINE,
        inputs=inputs,
        params={
            "template": used,
            "target_roi": target_roi,
            "limits": limits.limits,
            **_synthesis(inputs),
        },
        override_reason=override_reason,
    )
    plan = Plan.objects.create(
        study_uid=job.study_uid,
        job=job,
        predecessor=predecessor,
        template=template,
        limits=limits,
        body=used,
        target_roi=target_roi,
        inputs=dict(inputs),
        created_by=user,
    )
    audit_record(
        actor=user,
        action="plan.run",
        object_type="plan",
        object_id=plan.pk,
        study_uid=plan.study_uid,
        detail={
            "job": str(job.pk),
            "template": str(template.pk),
            "limits": limits.version,
            "changed": body is not None and body != template.body,
            **({"predecessor": str(predecessor.pk)} if predecessor else {}),
        },
    )
    return plan


def _template(template_id: UUID) -> PlanTemplate:
    template = PlanTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise NotFound("There is no such template.", code="template_not_found")
    if not template.active:
        raise Refused(
            "This version of the template is no longer offered. Choose the one that is.",
            code="template_not_offered",
        )
    return template


def _predecessor(plan_id: UUID | None) -> Plan | None:
    if plan_id is None:
        return None
    plan = Plan.objects.select_related("job").defer("result").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("There is no such plan to replace.", code="predecessor_not_found")
    if plan.state == Plan.State.PLANNING:
        raise Conflict("The plan to replace is still being made.", code="predecessor_planning")
    return plan


def _limits() -> LimitSet:
    limits = limits_in_force()
    if limits is None:
        raise Refused(
            "No limits are set for the acceptance checks. An administrator must set them.",
            code="limits_missing",
        )
    return limits


def _synthesis(inputs: Mapping[str, str]) -> dict[str, Any]:
    """What the run that made a synthetic CT said of its own input: the score of its gate."""
    made = Artifact.objects.select_related("job").filter(series_uid=inputs.get("image", ""))
    artifact = made.exclude(series_uid="").order_by("-created_at").first()
    values = (artifact.job.result or {}).get("values", {}) if artifact else {}
    score = (values.get("gate") or {}).get("score")
    return {} if score is None else {"synthesis": {"gate_score": score}}


def _one_patient(inputs: Mapping[str, str], predecessor: Plan | None) -> None:
    """Series of two people never make one plan. What is not in the archive is told later on."""
    wanted = [*inputs.values(), *(predecessor.inputs.values() if predecessor else ())]
    series = Series.objects.filter(series_uid__in=wanted)
    if series.values("study__patient").distinct().count() > 1:
        raise Refused("These series are not all of the same patient.", code="other_patient")
