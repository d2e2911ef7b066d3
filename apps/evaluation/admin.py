"""Evaluation runs as administrators see them; they are imported and compared on the page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.evaluation.models import EvaluationRun
from apps.evaluation.selectors import HEAVY


@admin.register(EvaluationRun)
class EvaluationRunAdmin(admin.ModelAdmin[EvaluationRun]):
    list_display = ("task", "prediction_name", "data_name", "data_kind", "complete", "created_at")
    list_filter = ("task", "data_kind", "complete")
    list_select_related = ("pipeline", "created_by")
    search_fields = ("prediction_name", "data_name", "title")
    fields = readonly_fields = (
        "task", "prediction_name", "data_name", "data_kind", "data_sha256", "subject_count",
        "complete", "measured_at", "created_at", "created_by", "pipeline", "title", "note",
        "sha256",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvaluationRun]:
        return super().get_queryset(request).defer(*HEAVY)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On the page, where it is confirmed and leaves a trail."""
        return False
