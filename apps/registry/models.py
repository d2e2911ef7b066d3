"""What is on offer: one row per version of a pipeline ever seen, and its weights files."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.core.models import BaseModel


class State(models.TextChoices):
    AVAILABLE = "available", "available"
    WEIGHTS_MISSING = "weights_missing", "weights missing"
    DIGEST_MISMATCH = "digest_mismatch", "digest mismatch"
    WITHDRAWN = "withdrawn", "withdrawn"


class Checkpoint(models.TextChoices):
    """Whether a metrics file names the weights that it stands beside."""

    SAME = "same", "these weights"
    OTHER = "other", "other weights"
    NOT_STATED = "not stated", "weights not stated"


class PipelineVersion(BaseModel):
    """Copied from the pipeline's manifest, but for ``enabled``, which is the administrator's.

    A version that is no longer installed stays, withdrawn: jobs name the version that served them.
    """

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    intended_use = models.TextField()
    limitations = models.TextField()
    licence = models.CharField(max_length=100)
    queue = models.CharField(max_length=8)
    time_limit_s = models.FloatField()
    inputs = models.JSONField(default=list)
    outputs = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    card_html = models.TextField(blank=True)
    # The same card in the CHAI layout (ml.contracts.card).
    card_chai = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WEIGHTS_MISSING)
    verified_at = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "-created_at"]
        verbose_name = "pipeline"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "version"], name="registry_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def serves(self) -> bool:
        return self.enabled and self.state == State.AVAILABLE


class WeightsFile(BaseModel):
    """One weights file of a version, and what was found when it was last checked."""

    pipeline = models.ForeignKey(PipelineVersion, models.CASCADE, related_name="weights")
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    licence = models.CharField(max_length=100)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WEIGHTS_MISSING)
    # What was measured of it: the JSON file beside the weights, as it is.
    metrics_path = models.CharField(max_length=255, blank=True)
    metrics_sha256 = models.CharField(max_length=64, blank=True)
    metrics_checkpoint = models.CharField(
        max_length=12, choices=Checkpoint.choices, default=Checkpoint.NOT_STATED
    )
    metrics = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        verbose_name_plural = "weights files"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="registry_weights_once")
        ]

    def __str__(self) -> str:
        return self.name
