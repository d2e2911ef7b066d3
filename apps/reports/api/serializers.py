from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.reports.models import Draft, DraftVersion

SECTIONS = ("findings", "impression")
MAX_SENTENCES = 300


class EvidenceSerializer(serializers.Serializer[Any]):
    """Where in the images a sentence can be checked. ``point_lps`` in mm."""

    structure = serializers.CharField()
    label = serializers.IntegerField(help_text="FreeSurfer id.")  # type: ignore[assignment]
    series_uid = serializers.CharField(allow_null=True)
    sop_instance_uid = serializers.CharField(allow_null=True)
    slice_index = serializers.IntegerField(allow_null=True)
    point_lps = serializers.ListField(child=serializers.FloatField())
    segment_number = serializers.IntegerField(allow_null=True)


class SentenceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    section = serializers.ChoiceField(choices=SECTIONS)
    text = serializers.CharField()
    ai_text = serializers.CharField(help_text="What the model wrote; empty for a person's own.")
    origin = serializers.ChoiceField(choices=("ai", "person"))
    linked = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    evidence = EvidenceSerializer(many=True)
    removed = serializers.BooleanField()


class SrSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    version = serializers.IntegerField(help_text="The version of the draft that it holds.")


class DraftSerializer(serializers.ModelSerializer[Draft]):
    job = serializers.UUIDField(source="job_id", read_only=True)
    status = serializers.SerializerMethodField()
    sentences = SentenceSerializer(many=True, read_only=True)
    sr = serializers.SerializerMethodField()
    updated_by = serializers.CharField(
        source="updated_by.username", default=None, allow_null=True, read_only=True
    )
    ai_generated = serializers.SerializerMethodField()

    class Meta:
        model = Draft
        fields = (
            "id",
            "study_uid",
            "series_uid",
            "job",
            "pipeline",
            "pipeline_version",
            "status",
            "incomplete",
            "version",
            "sentences",
            "sr",
            "updated_by",
            "created_at",
            "updated_at",
            "ai_generated",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=("draft",)))
    def get_status(self, _draft: Draft) -> str:
        return "draft"

    @extend_schema_field(SrSerializer(allow_null=True))
    def get_sr(self, draft: Draft) -> dict[str, Any] | None:
        if not draft.sr_sop_instance_uid:
            return None
        return {
            "series_uid": draft.sr_series_uid,
            "sop_instance_uid": draft.sr_sop_instance_uid,
            "version": draft.sr_version,
        }

    @extend_schema_field(serializers.BooleanField())
    def get_ai_generated(self, _draft: Draft) -> bool:
        return True


class DraftBriefSerializer(DraftSerializer):
    """A draft without its sentences, as the page of its study lists it."""

    class Meta:
        model = Draft
        fields = tuple(name for name in DraftSerializer.Meta.fields if name != "sentences")
        read_only_fields = fields

    sentences = None  # type: ignore[assignment]


class SentenceEditSerializer(serializers.Serializer[Any]):
    id = serializers.RegexField(r"^[A-Za-z0-9_.:-]{1,64}$", required=False)
    section = serializers.ChoiceField(choices=SECTIONS)
    text = serializers.CharField(max_length=4000, trim_whitespace=True)
    removed = serializers.BooleanField(required=False, default=False)


class DraftEditSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The version you have changed.")
    sentences = serializers.ListField(child=SentenceEditSerializer(), max_length=MAX_SENTENCES)

    def validate_sentences(self, sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = [sentence["id"] for sentence in sentences if "id" in sentence]
        if len(set(named)) != len(named):
            raise serializers.ValidationError("A sentence is listed twice.")
        return sentences


class DraftVersionSerializer(serializers.ModelSerializer[DraftVersion]):
    sentences = SentenceSerializer(many=True, read_only=True)
    author = serializers.CharField(
        source="author.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = DraftVersion
        fields = ("version", "sentences", "author", "created_at", "sr_sop_instance_uid")
        read_only_fields = fields
