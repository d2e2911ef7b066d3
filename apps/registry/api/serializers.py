from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.registry.models import Checkpoint, PipelineVersion, State, WeightsFile

GEOMETRIES = ("regular", "gapped", "tilted", "mixed", "single", "none")


class MetricsFileSerializer(serializers.Serializer[Any]):
    """What was measured of a weights file: the JSON file beside it, as it is."""

    path = serializers.CharField(help_text="In the repository.")
    sha256 = serializers.CharField(help_text="Of the metrics file; empty when it is not there.")
    checkpoint = serializers.ChoiceField(
        choices=Checkpoint.values, help_text="Whether the file names these weights as measured."
    )
    content = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_content(self, metrics: dict[str, Any]) -> Any:
        return metrics["content"]


class WeightsFileSerializer(serializers.ModelSerializer[WeightsFile]):
    metrics = serializers.SerializerMethodField()

    class Meta:
        model = WeightsFile
        fields = ("name", "sha256", "licence", "state", "metrics")
        read_only_fields = fields

    @extend_schema_field(MetricsFileSerializer(allow_null=True))
    def get_metrics(self, file: WeightsFile) -> Any:
        if not file.metrics_path:
            return None
        shown = {
            "path": file.metrics_path,
            "sha256": file.metrics_sha256,
            "checkpoint": file.metrics_checkpoint,
            "content": file.metrics,
        }
        return MetricsFileSerializer(shown).data


class InputSpecSerializer(serializers.Serializer[Any]):
    """What one input image must be. Empty lists mean no restriction."""

    name = serializers.CharField()
    title = serializers.CharField()
    modalities = serializers.ListField(child=serializers.CharField())
    body_parts = serializers.ListField(child=serializers.CharField())
    geometries = serializers.ListField(child=serializers.ChoiceField(choices=GEOMETRIES))
    min_slices = serializers.IntegerField()
    max_slices = serializers.IntegerField()
    max_spacing_mm = serializers.FloatField(allow_null=True)
    min_extent_mm = serializers.FloatField(allow_null=True)
    synthetic = serializers.BooleanField(help_text="Whether simulated images are accepted too.")
    ai_made = serializers.BooleanField(
        required=False,
        help_text="Of those, also what a model made of somebody's images.",
    )
    required = serializers.BooleanField()  # type: ignore[assignment]
    gate = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="The weights that tell unusual images, or empty.",
    )


class OutputSpecSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()


class PipelineSerializer(serializers.ModelSerializer[PipelineVersion]):
    inputs = InputSpecSerializer(many=True)
    outputs = OutputSpecSerializer(many=True)
    weights = WeightsFileSerializer(many=True)
    state = serializers.ChoiceField(choices=State.choices)
    parameters = serializers.SerializerMethodField(help_text="A JSON Schema of `params` of a job.")

    class Meta:
        model = PipelineVersion
        fields = (
            "name",
            "version",
            "title",
            "summary",
            "intended_use",
            "limitations",
            "licence",
            "enabled",
            "state",
            "verified_at",
            "inputs",
            "outputs",
            "parameters",
            "weights",
            "card_html",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_parameters(self, pipeline: PipelineVersion) -> Any:
        return pipeline.parameters


class CardSerializer(serializers.Serializer[Any]):
    layout = serializers.CharField()
    AppliedModelCard = serializers.DictField(
        help_text="Sections and fields in the names and the order of the CHAI schema v0.2."
    )
