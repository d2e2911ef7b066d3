"""What runs have produced."""

from __future__ import annotations

from django.db import models

from apps.core.models import BaseModel
from apps.jobs.models import Job


class Artifact(BaseModel):
    """One stored result of a job: DICOM objects in the archive, or a file in the data folder.

    One row per key, so that a run that is repeated replaces what the lost one had stored.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts")
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=32)
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    series_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    # Relative to the data folder; empty for what lies in the archive.
    path = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    incomplete = models.BooleanField(default=False)

    class Meta:
        ordering = ("created_at", "key")
        constraints = (
            models.UniqueConstraint(fields=("job", "key"), name="inference_artifact_once_per_key"),
        )
        indexes = (
            models.Index(fields=("sop_instance_uid",), name="inference_artifact_sop"),
            models.Index(fields=("series_uid",), name="inference_artifact_series"),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.key}"
