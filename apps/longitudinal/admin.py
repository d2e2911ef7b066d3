"""Treatments, comparisons, predictions and their scores as administrators see them: to look at.
They are made in the product."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.longitudinal.models import Comparison, Prediction, PredictionScore, Treatment


class LookedAt(admin.ModelAdmin[Any]):
    heavy: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*self.heavy)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Treatment)
class TreatmentAdmin(LookedAt):
    list_display = ("id", "kind", "started_on", "ended_on", "created_at", "created_by")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    fields = readonly_fields = (
        "study_uid", "kind", "started_on", "ended_on", "note", "created_by", "created_at",
    )  # fmt: skip


@admin.register(Comparison)
class ComparisonAdmin(LookedAt):
    heavy = ("content",)
    list_display = ("id", "kind", "comparable", "score", "created_at", "created_by")
    list_filter = ("kind", "comparable")
    list_select_related = ("created_by",)
    fields = readonly_fields = (
        "job", "kind", "deformable", "base_series_uid", "base_date", "follow_series_uid",
        "follow_date", "comparable", "score", "summary", "content_sha256", "error_code",
        "error_message", "created_by", "created_at",
    )  # fmt: skip


@admin.register(Prediction)
class PredictionAdmin(LookedAt):
    heavy = ("content",)
    list_display = ("id", "days", "treatment", "target_date", "model_version", "created_at")
    list_filter = ("treatment", "pipeline_version", "model_version")
    fields = readonly_fields = (
        "job", "base_series_uid", "base_date", "prior_series_uid", "days", "treatment", "samples",
        "target_date", "pipeline_version", "model_version", "model_sha256", "content_sha256",
        "error_code", "error_message", "created_by", "created_at",
    )  # fmt: skip


@admin.register(PredictionScore)
class PredictionScoreAdmin(LookedAt):
    """The rows of the track records."""

    list_display = (
        "id", "of_model", "actual_date", "comparable", "inside_interval", "beats_carry_forward",
    )  # fmt: skip
    list_filter = ("comparable", "inside_interval", "prediction__model_version")
    list_select_related = ("prediction",)
    fields = readonly_fields = (
        "prediction", "job", "actual_series_uid", "actual_date", "comparable", "inside_interval",
        "beats_carry_forward", "content", "content_sha256", "error_code", "error_message",
        "created_at",
    )  # fmt: skip

    @admin.display(description="Model")
    def of_model(self, score: PredictionScore) -> str:
        return f"{score.prediction.pipeline_version} {score.prediction.model_version}".strip()
