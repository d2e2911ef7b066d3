"""What people look at and decide. Decisions are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, Conflict, NotFound, Refused
from apps.core.idempotency import HEADER, idempotent_create
from apps.planning.models import Plan, PlanDecision, PlanViewing
from apps.planning.required import failed_checks, required_views
from apps.planning.states import IllegalTransition, PlanEvent, PlanState, after

REASON_MIN: Final = 10


@transaction.atomic
def plan_viewed(*, user: User, plan_id: UUID, result_sha256: str, keys: Sequence[str]) -> set[str]:
    """Remember what ``user`` has opened of the result that they see; all of it so far.

    Raises ``Conflict`` (plan_changed) when the plan has another result by now.
    """
    require(user, "plan.view")
    plan = _plan(plan_id)
    _same_result(plan, result_sha256)
    known = required_views(plan.checks)
    if unknown := sorted(set(keys) - known.keys()):
        raise ApiError(
            "There is nothing of this name to look at.", code="view_unknown", errors=unknown
        )
    PlanViewing.objects.bulk_create(
        [
            PlanViewing(plan=plan, user=user, key=key, result_sha256=result_sha256)
            for key in dict.fromkeys(keys)
        ],
        ignore_conflicts=True,
    )
    return opened_by(user, plan)


def opened_by(user: User, plan: Plan) -> set[str]:
    """What ``user`` has opened of the plan's present result."""
    viewings = plan.viewings.filter(user=user, result_sha256=plan.result_sha256)
    return set(viewings.values_list("key", flat=True))


def plan_decide(
    *,
    user: User,
    plan_id: UUID,
    kind: str,
    reason: str,
    result_sha256: str,
    viewed: Sequence[str],
    accept_failed: bool = False,
    idempotency_key: str,
) -> tuple[PlanDecision, bool]:
    """The decision, and whether this call made it.

    Raises ``Conflict`` (plan_changed: another result; decision_not_now: not in this state) and
    ``Refused`` (not_viewed, with what is left to be looked at; checks_failed, with which).
    """
    require(user, "plan.approve")
    if not idempotency_key:
        raise ApiError(f"A decision needs the header {HEADER}.", code="idempotency_key_needed")
    asked = {
        "plan": plan_id,
        "kind": kind,
        "reason": reason,
        "result_sha256": result_sha256,
        "viewed": sorted(set(viewed)),
        "accept_failed": accept_failed,
    }

    def create() -> UUID:
        return _decide(
            user=user,
            plan=_plan(plan_id),
            kind=PlanDecision.Kind(kind),
            reason=reason.strip(),
            result_sha256=result_sha256,
            viewed=viewed,
            accept_failed=accept_failed,
        ).pk

    outcome = idempotent_create(
        user_id=user.pk, scope="plan-decisions", key=idempotency_key, body=asked, create=create
    )
    decision = PlanDecision.objects.filter(pk=outcome.object_id).first()
    if decision is None:
        raise Conflict("The plan was deleted with its study.", code="plan_gone")
    return decision, outcome.created


@transaction.atomic
def _decide(
    *,
    user: User,
    plan: Plan,
    kind: PlanDecision.Kind,
    reason: str,
    result_sha256: str,
    viewed: Sequence[str],
    accept_failed: bool,
) -> PlanDecision:
    if len(reason) < REASON_MIN:
        raise Refused(f"The reason needs {REASON_MIN} characters.", code="reason_too_short")
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    _same_result(plan, result_sha256)
    try:
        state = after(cast("PlanState", plan.state), cast("PlanEvent", kind.value))
    except IllegalTransition:
        raise Conflict(
            f"A plan that is {plan.state} cannot be {kind.value}.",
            code="decision_not_now",
            errors={"state": plan.state},
        ) from None
    seen = opened_by(user, plan) & set(viewed)
    if kind == PlanDecision.Kind.APPROVED:
        _may_be_approved(plan, seen, accept_failed=accept_failed)
    decision = PlanDecision.objects.create(
        plan=plan,
        kind=kind,
        reason=reason,
        by=user,
        by_name=user.get_full_name(),
        viewed=sorted(seen),
        result_sha256=result_sha256,
        accept_failed=accept_failed,
    )
    plan.state = state
    plan.save(update_fields=["state", "updated_at"])
    audit_record(
        actor=user,
        action=f"plan.{kind.value}",
        object_type="plan",
        object_id=plan.pk,
        study_uid=plan.study_uid,
        # Free text may name the patient: the reason itself stands with the plan.
        detail={
            "decision": str(decision.pk),
            "result_sha256": result_sha256,
            "viewed": sorted(seen),
            "failed_checks": failed_checks(plan.checks),
        },
    )
    return decision


def _may_be_approved(plan: Plan, seen: set[str], *, accept_failed: bool) -> None:
    required = required_views(plan.checks)
    if missing := [key for key in required if key not in seen]:
        told = ", ".join(required[key] for key in missing)
        raise Refused(
            f"Not looked at yet: {told}.",
            code="not_viewed",
            errors=[{"key": key, "title": required[key]} for key in missing],
        )
    failed = failed_checks(plan.checks)
    if failed and not accept_failed:
        raise Refused(
            "A check has failed. To approve all the same, say so (accept_failed) and why.",
            code="checks_failed",
            errors=failed,
        )


def _plan(plan_id: UUID) -> Plan:
    plan = Plan.objects.defer("result").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("There is no such plan.", code="plan_not_found")
    return plan


def _same_result(plan: Plan, result_sha256: str) -> None:
    if not plan.result_sha256:
        raise Conflict("This plan has no result to judge.", code="decision_not_now")
    if plan.result_sha256 != result_sha256:
        raise Conflict(
            "The plan has changed since you looked at it. Load it again.", code="plan_changed"
        )
