"""A report draft and every version it has had."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.core.models import BaseModel
from apps.jobs.models import Job


class Draft(BaseModel):
    """What one job drafted, as people have edited it since. Never final."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="draft")
    study_uid = models.CharField(max_length=64, db_index=True)
    series_uid = models.CharField(max_length=64)
    pipeline = models.CharField(max_length=100)
    pipeline_version = models.CharField(max_length=50)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    incomplete = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    sentences = models.JSONField(default=list)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The last version that is in the archive.
    sr_version = models.PositiveIntegerField(default=0)
    sr_series_uid = models.CharField(max_length=64, blank=True)
    sr_sop_instance_uid = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("study_uid", "-created_at"), name="reports_of_study"),)

    def __str__(self) -> str:
        return str(self.pk)


class DraftVersion(BaseModel):
    """One version as it was saved. Never changed, except for where its SR lies."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    sentences = models.JSONField(default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    sr_sop_instance_uid = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("version",)
        constraints = (
            models.UniqueConstraint(fields=("draft", "version"), name="reports_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.draft_id} v{self.version}"
