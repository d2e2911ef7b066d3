"""Templates and limits: a change is a new version, what is shipped is one too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Refused
from apps.inference.planning import limits_check, limits_default, template_check
from apps.planning.models import NAME_MAX, SITE_MAX, LimitSet, PlanTemplate

BUILTIN: Final = Path(__file__).resolve().parents[1] / "builtin"


@transaction.atomic
def template_create(*, actor: User, body: dict[str, Any]) -> PlanTemplate:
    """The next version of the template that ``body`` names, offered in place of the one before.

    Raises ``Refused`` (template_refused) when no plan can be made with it.
    """
    require(actor, "plan.template")
    template_validate(body)
    made = _template_next(body, actor=actor, offered=True)
    audit_record(
        actor=actor,
        action="plan.template",
        object_type="plan_template",
        object_id=made.pk,
        detail={"name": made.name, "version": made.version},
    )
    return made


def template_validate(body: dict[str, Any]) -> None:
    """Raises ``Refused`` (template_refused) when ``body`` is none or has no name of its own."""
    template_check(body)
    for field, most in (("name", NAME_MAX), ("site", SITE_MAX)):
        if not 1 <= len(str(body.get(field, "")).strip()) <= most:
            raise Refused(
                f"The {field} of a template has 1 to {most} characters.", code="template_refused"
            )


@transaction.atomic
def limits_create(*, actor: User, limits: dict[str, Any], note: str = "") -> LimitSet:
    """The next version of the limits. Plans keep the one that they were made with.

    Raises ``Refused`` (limits_refused).
    """
    require(actor, "plan.template")
    limits_check(limits)
    made = _limits_next(limits, actor=actor, note=note)
    audit_record(
        actor=actor,
        action="plan.limits",
        object_type="plan_limits",
        object_id=made.pk,
        detail={"version": made.version},
    )
    return made


@transaction.atomic
def planning_sync() -> None:
    """Offer what is shipped with the product. What people have put in its place stays there."""
    for file in sorted(BUILTIN.glob("*.json")):
        content = file.read_bytes()
        _template_sync(json.loads(content), hashlib.sha256(content).hexdigest())
    limits = limits_default()
    _limits_sync(limits, hashlib.sha256(json.dumps(limits, sort_keys=True).encode()).hexdigest())


def _template_sync(body: dict[str, Any], digest: str) -> None:
    versions = PlanTemplate.objects.filter(name=body["name"])
    if versions.filter(builtin_sha256=digest).exists():
        return
    latest = versions.order_by("-version").first()
    offered = latest is None or (latest.active and bool(latest.builtin_sha256))
    _template_next(body, offered=offered, digest=digest)


def _limits_sync(limits: dict[str, Any], digest: str) -> None:
    latest = LimitSet.objects.order_by("-version").first()
    if latest is None or (latest.builtin_sha256 and latest.builtin_sha256 != digest):
        _limits_next(limits, digest=digest)


def _template_next(
    body: dict[str, Any], *, offered: bool, actor: User | None = None, digest: str = ""
) -> PlanTemplate:
    versions = PlanTemplate.objects.select_for_update().filter(name=body["name"])
    latest = versions.order_by("-version").first()
    if offered:
        versions.filter(active=True).update(active=False)
    return PlanTemplate.objects.create(
        name=body["name"],
        site=body.get("site", ""),
        version=latest.version + 1 if latest else 1,
        body=body,
        active=offered,
        builtin_sha256=digest,
        created_by=actor,
    )


def _limits_next(
    limits: dict[str, Any], *, actor: User | None = None, note: str = "", digest: str = ""
) -> LimitSet:
    latest = LimitSet.objects.select_for_update().order_by("-version").first()
    return LimitSet.objects.create(
        version=latest.version + 1 if latest else 1,
        limits=limits,
        note=note,
        builtin_sha256=digest,
        created_by=actor,
    )


@transaction.atomic
def template_switch(*, actor: User, template: PlanTemplate, active: bool) -> None:
    """Offer a version in place of the others of its name, or take it off offer."""
    require(actor, "plan.template")
    if active:
        others = PlanTemplate.objects.filter(name=template.name).exclude(pk=template.pk)
        others.filter(active=True).update(active=False)
    PlanTemplate.objects.filter(pk=template.pk).update(active=active)
    template.active = active
    audit_record(
        actor=actor,
        action="plan.template",
        object_type="plan_template",
        object_id=template.pk,
        detail={"name": template.name, "version": template.version, "offered": active},
    )
