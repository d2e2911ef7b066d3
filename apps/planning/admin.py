"""Templates, limits and plans as administrators see them. Saving a template or limits makes the
next version of it; nothing is changed in place."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from apps.accounts.policy import allowed, signed_in_user
from apps.core.errors import Refused
from apps.inference.planning import limits_check, limits_default
from apps.planning.models import LimitSet, Plan, PlanTemplate, Versioned
from apps.planning.services.versions import (
    limits_create,
    template_create,
    template_switch,
    template_validate,
)


def _checked(value: Any, check: Any) -> Any:
    try:
        check(value)
    except Refused as error:
        raise ValidationError(error.user_message) from error
    return value


class TemplateForm(forms.ModelForm[PlanTemplate]):
    class Meta:
        model = PlanTemplate
        fields = ("body",)
        help_texts = {"body": "The name in it says of which template this is the next version."}

    def clean_body(self) -> Any:
        return _checked(self.cleaned_data["body"], template_validate)


class LimitSetForm(forms.ModelForm[LimitSet]):
    class Meta:
        model = LimitSet
        fields = ("limits", "note")

    def clean_limits(self) -> Any:
        return _checked(self.cleaned_data["limits"], limits_check)


class VersionedAdmin(admin.ModelAdmin[Any]):
    """Whoever may write versions may add and "change" them; nobody removes one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return allowed(request.user, "plan.template")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allowed(request.user, "plan.template")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def next_version(self, request: HttpRequest, obj: Any) -> Versioned:
        raise NotImplementedError

    def save_model(
        self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool
    ) -> None:
        if change and not form.changed_data:
            return
        made = self.next_version(request, obj)
        # What the page goes on with is the new row; the old one was never written.
        obj.__dict__.update(made.__dict__)


@admin.register(PlanTemplate)
class PlanTemplateAdmin(VersionedAdmin):
    form = TemplateForm
    list_display = ("name", "site", "version", "active", "created_at", "created_by")
    list_filter = ("site", "active")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("name", "site", "version", "active", "created_by")
    fields: ClassVar[tuple[str, ...]] = (*readonly_fields, "body")
    actions = ("offer", "withdraw")

    def next_version(self, request: HttpRequest, obj: PlanTemplate) -> Versioned:
        return template_create(actor=signed_in_user(request), body=obj.body)

    @admin.action(description="Offer the chosen versions", permissions=["change"])
    def offer(self, request: HttpRequest, templates: QuerySet[PlanTemplate]) -> None:
        for template in templates.order_by("version"):
            template_switch(actor=signed_in_user(request), template=template, active=True)

    @admin.action(description="Take the chosen versions off offer", permissions=["change"])
    def withdraw(self, request: HttpRequest, templates: QuerySet[PlanTemplate]) -> None:
        for template in templates:
            template_switch(actor=signed_in_user(request), template=template, active=False)


@admin.register(LimitSet)
class LimitSetAdmin(VersionedAdmin):
    form = LimitSetForm
    list_display = ("version", "note", "created_at", "created_by")
    list_select_related = ("created_by",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("version", "created_by")
    fields: ClassVar[tuple[str, ...]] = (*readonly_fields, "limits", "note")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        latest = LimitSet.objects.order_by("-version").first()
        return {"limits": latest.limits if latest else limits_default()}

    def next_version(self, request: HttpRequest, obj: LimitSet) -> Versioned:
        return limits_create(actor=signed_in_user(request), limits=obj.limits, note=obj.note)


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin[Plan]):
    """To look at: plans are made and decided on in the product."""

    list_display = ("id", "state", "template", "limits", "created_at", "created_by")
    list_filter = ("state",)
    list_select_related = ("template", "limits", "created_by")
    fields = readonly_fields = (
        "study_uid", "job", "predecessor", "state", "template", "limits", "target_roi", "inputs",
        "result_sha256", "error_code", "error_message", "created_by", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).defer("result", "body")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
