"""Evaluation runs: what ``python -m ml evaluate`` wrote, kept as it came."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.core.models import BaseModel
from apps.registry.models import PipelineVersion

TASK_MAX = 80
NAME_MAX = 300


class EvaluationRun(BaseModel):
    """One ``evaluation.json``. ``original`` is the file itself; the columns repeat what lists and
    tables show of it. The values of single subjects stay in the file: names may identify people.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    original = models.BinaryField()
    task = models.CharField(max_length=TASK_MAX)
    # When it was measured; ``created_at`` says when it was imported.
    measured_at = models.DateTimeField()
    command = models.TextField()
    complete = models.BooleanField()
    problems = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField()
    data_name = models.CharField(max_length=NAME_MAX)
    data_sha256 = models.CharField(max_length=64)
    data_kind = models.CharField(max_length=40)
    prediction_name = models.CharField(max_length=NAME_MAX)
    prediction_sha256 = models.CharField(max_length=64)
    settings = models.JSONField(default=dict)
    networks = models.JSONField(default=list)
    software = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    rows = models.JSONField(default=list)
    subject_count = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    pipeline = models.ForeignKey(
        PipelineVersion, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        verbose_name = "evaluation"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-created_at", "-id"]),
            models.Index(fields=["task", "-created_at"]),
            models.Index(fields=["data_sha256", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.sha256[:12]}"
