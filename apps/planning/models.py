"""Plans, what they were made from, and what people decided about them."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from apps.core.models import BaseModel
from apps.jobs.models import Job

NAME_MAX, SITE_MAX = 100, 40


class Versioned(BaseModel):
    """A row that is never changed: a change is a new row with the next version."""

    version = models.PositiveIntegerField()
    # The digest of the shipped data that it came from; empty for what people wrote.
    builtin_sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Versions are kept: plans name them.")


class PlanTemplate(Versioned):
    """How a site is planned: prescription, beams, objectives, limits. At most one version of a
    name is offered."""

    name = models.CharField(max_length=NAME_MAX)
    site = models.CharField(max_length=SITE_MAX)
    body = models.JSONField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "-version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "version"], name="planning_template_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(active=True), name="planning_template_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class LimitSet(Versioned):
    """The limits of the acceptance checks of this hospital. The newest version is in force."""

    limits = models.JSONField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version"], name="planning_limits_once")
        ]

    def __str__(self) -> str:
        return f"limits v{self.version}"


class Plan(BaseModel):
    """One plan: one run of the planning pipeline, and its way to approval."""

    class State(models.TextChoices):
        PLANNING = "planning"
        REVIEW = "review"
        APPROVED = "approved"
        REJECTED = "rejected"
        FAILED = "failed"
        CANCELLED = "cancelled"

    study_uid = models.CharField(max_length=64)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="plan")
    predecessor = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="successors"
    )
    template = models.ForeignKey(PlanTemplate, on_delete=models.PROTECT, related_name="plans")
    limits = models.ForeignKey(LimitSet, on_delete=models.PROTECT, related_name="plans")
    # The template as it was used: beams and objectives may have been changed by hand.
    body = models.JSONField()
    target_roi = models.CharField(max_length=64, blank=True)
    # Series UID by name of the pipeline's input.
    inputs = models.JSONField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The content of plan.json, its digest, and the few figures of its checks that lists need.
    result = models.JSONField(null=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    checks = models.JSONField(default=list)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["study_uid", "-created_at"], name="planning_of_study"),
            models.Index(fields=["limits", "state", "-created_at"], name="planning_of_limits"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PlanViewing(BaseModel):
    """Somebody opened one of the things that must be looked at before a plan is approved."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="viewings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    result_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["plan", "user", "result_sha256", "key"], name="planning_viewing_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.key}"


class PlanDecision(BaseModel):
    """What somebody decided about a plan. Rows are added, never changed; they go only with the
    plan itself, when its study is deleted."""

    class Kind(models.TextChoices):
        APPROVED = "approved"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    reason = models.CharField(max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Written down: an account may be removed, who decided may not.
    by_name = models.CharField(max_length=150)
    viewed = models.JSONField(default=list)
    result_sha256 = models.CharField(max_length=64)
    accept_failed = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A decision is never changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("A decision is never removed.")
