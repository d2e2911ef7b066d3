from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.jobs.models import Job

JSON_OBJECT = {"type": "object", "additionalProperties": True}


class JobErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    user_message = serializers.CharField()


class JobSerializer(serializers.ModelSerializer[Job]):
    inputs = serializers.DictField(
        child=serializers.CharField(), help_text="Series UID by name of the input."
    )
    params = serializers.DictField()
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )
    error = serializers.SerializerMethodField()
    stream = serializers.CharField(read_only=True)
    draft = serializers.SerializerMethodField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True, read_only=True)

    class Meta:
        model = Job
        fields = (
            "id",
            "pipeline",
            "version",
            "state",
            "attempt",
            "position",
            "progress",
            "study_uid",
            "inputs",
            "params",
            "created_at",
            "started_at",
            "finished_at",
            "created_by",
            "cancel_requested",
            "error",
            "incomplete",
            "stream",
            "draft",
            "retry_of",
            "override_reason",
        )
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "user_message": job.error_message}

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_draft(self, job: Job) -> str | None:
        # A part above this one hangs its drafts on jobs.
        draft = getattr(job, "draft", None)
        return str(draft.pk) if draft else None


class EventSerializer(serializers.Serializer[Any]):
    v = serializers.IntegerField(help_text="Version of the envelope: 1.")
    stream = serializers.CharField()
    seq = serializers.IntegerField(help_text="From 1, without gaps.")
    ts = serializers.DateTimeField()
    type = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]


class ProjectionSerializer(serializers.Serializer[Any]):
    """The events of a stream, folded into one state."""

    stream = serializers.CharField()
    seq = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Job.State.choices)
    attempt = serializers.IntegerField()
    position = serializers.IntegerField(allow_null=True)
    steps = serializers.ListField(child=serializers.DictField())
    messages = serializers.ListField(child=serializers.DictField())
    findings = serializers.ListField(child=serializers.DictField())
    artifacts = serializers.ListField(child=serializers.DictField())
    logs = serializers.ListField(child=serializers.DictField())
    error = JobErrorSerializer(allow_null=True)
    incomplete = serializers.BooleanField()


class ResetSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    snapshot = ProjectionSerializer()


class EventsSerializer(serializers.Serializer[Any]):
    epoch = serializers.CharField()
    head = serializers.IntegerField(help_text="Number of the last event there is.")
    finished = serializers.BooleanField(help_text="No event will follow the head.")
    events = EventSerializer(many=True)
    reset = ResetSerializer(
        required=False, help_text="In place of events that can no longer be had one by one."
    )
