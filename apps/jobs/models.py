"""A job and the events of its stream."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models

from apps.core.models import BaseModel
from apps.jobs.states import FINISHED


def new_epoch() -> str:
    """Names one unbroken numbering of a stream; it changes when rows are taken out of it."""
    return secrets.token_hex(4)


class Job(BaseModel):
    """One request to run a pipeline, from being queued until its one end."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        INTERRUPTED = "interrupted"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=32, default="pipeline")
    queue = models.CharField(max_length=16, default="gpu")
    pipeline = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    study_uid = models.CharField(max_length=64, blank=True, db_index=True)
    inputs = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    # Why an image is to be taken that the gate would hold back.
    override_reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    retry_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="retries"
    )

    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(null=True)
    progress = models.FloatField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    incomplete = models.BooleanField(default=False)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(null=True)

    # Who runs it: events and the end are taken only from the holder of the token.
    worker = models.CharField(max_length=200, blank=True)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)

    # The stream: number of its last event, and what is left of it once rows were taken out.
    head = models.PositiveIntegerField(default=0)
    epoch = models.CharField(max_length=16, default=new_epoch)
    snapshot = models.JSONField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("state", "queue", "created_at"), name="jobs_queue"),
            models.Index(fields=("-created_at", "-id"), name="jobs_newest"),
            models.Index(fields=("state", "finished_at"), name="jobs_finished"),
        )

    def __str__(self) -> str:
        return f"{self.pipeline} {self.id}"

    @property
    def stream(self) -> str:
        return f"job:{self.id}"

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class JobEvent(models.Model):
    """One numbered event. Rows are added and, by compaction, removed; never changed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    ts = models.DateTimeField()
    type = models.CharField(max_length=32)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ("seq",)
        constraints = (
            models.UniqueConstraint(fields=("job", "seq"), name="jobs_event_once_per_seq"),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.seq} {self.type}"
