from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.evaluation.models import EvaluationRun

TIERS = ("pixel", "feature", "task")
DIRECTIONS = ("higher", "lower", "zero", "none")
BETTER = ("first", "second", "neither")

BRIEF: tuple[str, ...] = (
    "id",
    "sha256",
    "task",
    "measured_at",
    "imported_at",
    "imported_by",
    "own",
    "complete",
    "problem_count",
    "data_name",
    "data_sha256",
    "data_kind",
    "prediction_name",
    "prediction_sha256",
    "subject_count",
    "title",
    "note",
    "pipeline",
)


class EvaluationQuerySerializer(serializers.Serializer[Any]):
    task = serializers.CharField(required=False, default="", max_length=80)
    pipeline = serializers.CharField(required=False, default="", max_length=80)
    data_sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", required=False, default="", help_text="Digest of the data."
    )


class EvaluationDescriptionSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=4000)
    pipeline = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=80, help_text="A pipeline's name."
    )
    pipeline_version = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=40, help_text="Else the installed."
    )


class EvaluationImportSerializer(EvaluationDescriptionSerializer):
    file = serializers.FileField(allow_empty_file=True, help_text="An evaluation.json.")


class LinkedPipelineSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class EvaluationBriefSerializer(serializers.ModelSerializer[EvaluationRun]):
    """A run without its figures."""

    imported_at = serializers.DateTimeField(source="created_at")
    imported_by = serializers.SerializerMethodField(help_text="Empty: by the system.")
    own = serializers.SerializerMethodField(help_text="Whether the reader imported it.")
    pipeline = LinkedPipelineSerializer(allow_null=True)

    class Meta:
        model = EvaluationRun
        fields: tuple[str, ...] = BRIEF
        read_only_fields = fields

    def get_imported_by(self, run: EvaluationRun) -> str:
        return run.created_by.get_username() if run.created_by else ""

    def get_own(self, run: EvaluationRun) -> bool:
        return run.created_by_id is not None and run.created_by_id == self.context["user"].pk


class NamedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()


class BoundSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]


class MetricRowSerializer(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=TIERS)
    metric = serializers.CharField()
    structure = serializers.CharField()
    subgroup = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    ci_low = serializers.FloatField(allow_null=True)
    ci_high = serializers.FloatField(allow_null=True)
    ci_level = serializers.FloatField()
    ci_method = serializers.CharField()
    n_subjects = serializers.IntegerField()
    unit = serializers.CharField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    data = NamedSerializer()  # type: ignore[assignment]
    floor = BoundSerializer()
    baseline = BoundSerializer()
    command = serializers.CharField()


class ProblemRowSerializer(serializers.Serializer[Any]):
    file = serializers.CharField(help_text="May name a subject.")
    reason = serializers.CharField()


class EvaluationSerializer(EvaluationBriefSerializer):
    """A run with its figures. ``problems`` names files, which may name subjects; the values of
    single subjects are in the downloaded file alone."""

    rows = serializers.SerializerMethodField()
    problems = ProblemRowSerializer(many=True)
    networks = NamedSerializer(many=True)
    settings = serializers.DictField(child=serializers.CharField())
    software = serializers.DictField(child=serializers.CharField())

    class Meta(EvaluationBriefSerializer.Meta):
        fields = (
            *BRIEF,
            "command",
            "problems",
            "settings",
            "networks",
            "software",
            "seed",
            "rows",
        )
        read_only_fields = fields

    @extend_schema_field(MetricRowSerializer(many=True))
    def get_rows(self, run: EvaluationRun) -> Any:
        # Checked against the schema when they were imported; thousands of rows are quick this way.
        return run.rows


class RowDifferenceSerializer(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=TIERS)
    metric = serializers.CharField()
    structure = serializers.CharField()
    subgroup = serializers.CharField()
    unit = serializers.CharField()
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    difference = serializers.FloatField(
        allow_null=True, help_text="b minus a, over the subjects of both."
    )
    ci_low = serializers.FloatField(allow_null=True)
    ci_high = serializers.FloatField(allow_null=True)
    ci_level = serializers.FloatField()
    ci_method = serializers.CharField()
    n_subjects = serializers.IntegerField()
    better = serializers.ChoiceField(
        choices=BETTER, help_text="Only where the interval leaves out 0."
    )


class ComparisonSerializer(serializers.Serializer[Any]):
    a = serializers.UUIDField()
    b = serializers.UUIDField()
    subgroup = serializers.CharField()
    rows = RowDifferenceSerializer(many=True)


class ComparisonQuerySerializer(serializers.Serializer[Any]):
    a = serializers.UUIDField()
    b = serializers.UUIDField()
    subgroup = serializers.CharField(required=False, default="all", max_length=200)
