from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.registry.models import PipelineVersion, State, WeightsFile

GEOMETRIES = ("regular", "gapped", "tilted", "mixed", "single", "none")


class WeightsFileSerializer(serializers.ModelSerializer[WeightsFile]):
    class Meta:
        model = WeightsFile
        fields = ("name", "sha256", "licence", "state")
        read_only_fields = fields


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
    synthetic = serializers.BooleanField(help_text="Whether AI-made images are accepted too.")
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
