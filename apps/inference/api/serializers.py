from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.inference.models import Artifact


def override_reason_field() -> serializers.CharField:
    return serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        min_length=10,
        max_length=500,
        help_text="Why to run on an image that the gate holds back (input_unusual). It is kept "
        "with the job; the audit trail tells that it was given.",
    )


class JobCreateSerializer(serializers.Serializer[Any]):
    pipeline = serializers.CharField(max_length=100)
    inputs = serializers.DictField(
        child=serializers.CharField(max_length=64),
        help_text="Series UID by name of the input, as the pipeline's manifest names them.",
    )
    params = serializers.DictField(required=False, default=dict)
    override_reason = override_reason_field()


class JobRetrySerializer(serializers.Serializer[Any]):
    override_reason = override_reason_field()


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class EligibilitySerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    job = serializers.UUIDField(source="job_id")
    study_uid = serializers.CharField(source="job.study_uid")
    series_uid = serializers.SerializerMethodField()
    sop_instance_uid = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    ai_generated = serializers.SerializerMethodField()

    class Meta:
        model = Artifact
        fields = (
            "id",
            "job",
            "study_uid",
            "key",
            "kind",
            "title",
            "media_type",
            "series_uid",
            "sop_instance_uid",
            "size",
            "sha256",
            "incomplete",
            "ai_generated",
            "created_at",
            "url",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_series_uid(self, artifact: Artifact) -> str | None:
        return artifact.series_uid or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_sop_instance_uid(self, artifact: Artifact) -> str | None:
        return artifact.sop_instance_uid or None

    @extend_schema_field(serializers.CharField())
    def get_url(self, artifact: Artifact) -> str:
        return f"/api/v1/artifacts/{artifact.pk}/content"

    @extend_schema_field(serializers.BooleanField())
    def get_ai_generated(self, _artifact: Artifact) -> bool:
        return True
