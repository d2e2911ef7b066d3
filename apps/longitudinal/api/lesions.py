"""The shapes of lesions over time, of what people correct, and of track records."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.inference.api.serializers import ArtifactSerializer
from apps.longitudinal.api import shapes
from apps.longitudinal.api.serializers import UID_MAX, ComparisonBriefSerializer
from apps.longitudinal.models import REASON_MAX, Comparison, LesionCorrection, LesionTrack

REASON_MIN = 3
VOLUME_MAX_ML = 2000.0
ADDED_NAME_MAX = 24


class CorrectionSerializer(serializers.ModelSerializer[LesionCorrection]):
    track = serializers.CharField(source="track.tracking_uid", help_text="Tracking UID.")
    name = serializers.CharField(source="track.name", help_text="Of the lesion.")
    value = serializers.JSONField(
        allow_null=True,
        help_text="The state; the tracking UID that it was merged into; the lesion added.",
    )
    by = serializers.CharField(source="by_name")
    withdraws = serializers.UUIDField(source="withdraws_id", allow_null=True)
    comparison = serializers.UUIDField(source="comparison_id")

    class Meta:
        model = LesionCorrection
        fields = (
            "id",
            "comparison",
            "track",
            "name",
            "what",
            "value",
            "withdraws",
            "reason",
            "by",
            "created_at",
        )
        read_only_fields = fields


class AddedLesionSerializer(serializers.Serializer[Any]):
    """A lesion that the model missed. The state goes with the volumes: without one at the base it
    is new, without one at the follow-up it is resolved."""

    name = serializers.CharField(
        max_length=ADDED_NAME_MAX,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a new track; without one it is the next of L1, L2, …",
    )
    centre_lps = shapes.vector(3, help_text="x, y, z in mm in the frame of the base image")
    state = serializers.ChoiceField(choices=shapes.LESION_STATES)
    base_ml = serializers.FloatField(min_value=0, max_value=VOLUME_MAX_ML)
    follow_ml = serializers.FloatField(min_value=0, max_value=VOLUME_MAX_ML)
    diameter_mm = serializers.FloatField(
        min_value=0, max_value=300, required=False, allow_null=True, default=None
    )


class CorrectionCreateSerializer(serializers.Serializer[Any]):
    """`state`: `track` and `value` (a state). `rejected`: `track`. `merged`: `track` and `value`
    (the tracking UID that it belongs to). `added`: `lesion`, and `track` where it is one that
    was seen at other visits. `withdrawn`: `withdraws`."""

    what = serializers.ChoiceField(choices=LesionCorrection.What.choices)
    track = serializers.CharField(
        max_length=UID_MAX, required=False, allow_blank=True, default="", help_text="Tracking UID."
    )
    value = serializers.CharField(max_length=UID_MAX, required=False, allow_blank=True, default="")
    lesion = AddedLesionSerializer(required=False, allow_null=True, default=None)
    withdraws = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(min_length=REASON_MIN, max_length=REASON_MAX)


class LesionSerializer(serializers.Serializer[Any]):
    """A lesion as people see it: what the model found, and what stands after corrections."""

    track = serializers.CharField(help_text="Tracking UID; the same in every comparison.")
    name = serializers.CharField()
    origin = serializers.ChoiceField(choices=LesionTrack.Origin.choices)
    run_track = serializers.CharField(
        allow_null=True, help_text="Its Tracking UID in the masks and the report of this run."
    )
    run_name = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=shapes.LESION_STATES, allow_null=True)
    model_state = serializers.ChoiceField(choices=shapes.LESION_STATES, allow_null=True)
    base_ml = serializers.FloatField()
    follow_ml = serializers.FloatField()
    model_base_ml = serializers.FloatField(allow_null=True)
    model_follow_ml = serializers.FloatField(allow_null=True)
    centre_lps = shapes.vector(3)
    diameter_mm = serializers.FloatField(allow_null=True)
    parents = serializers.ListField(child=serializers.CharField())
    children = serializers.ListField(child=serializers.CharField())
    rejected = serializers.BooleanField(help_text="A person says that it is no lesion.")
    merged_into = serializers.CharField(allow_null=True, help_text="Tracking UID.")
    corrections = serializers.ListField(
        child=serializers.UUIDField(), help_text="Those in force, the newest last."
    )


class FollowupComparisonSerializer(ComparisonBriefSerializer):
    """A comparison with its content; ``context["shown"]`` is its ``ComparisonShown``."""

    content = shapes.ChangeContentSerializer(allow_null=True, read_only=True)
    lesions = serializers.SerializerMethodField()
    corrections = serializers.SerializerMethodField()
    artifacts = serializers.SerializerMethodField()

    class Meta:
        model = Comparison
        fields = (
            *ComparisonBriefSerializer.Meta.fields,
            "content",
            "lesions",
            "corrections",
            "artifacts",
        )
        read_only_fields = fields

    @extend_schema_field(LesionSerializer(many=True))
    def get_lesions(self, _row: Comparison) -> Any:
        return LesionSerializer(self.context["shown"].lesions, many=True).data

    @extend_schema_field(CorrectionSerializer(many=True))
    def get_corrections(self, _row: Comparison) -> Any:
        return CorrectionSerializer(self.context["shown"].corrections, many=True).data

    @extend_schema_field(ArtifactSerializer(many=True))
    def get_artifacts(self, _row: Comparison) -> Any:
        return ArtifactSerializer(self.context["shown"].artifacts, many=True).data


class TrackPointSerializer(serializers.Serializer[Any]):
    comparison = serializers.UUIDField()
    study_uid = serializers.CharField()
    series_uid = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    ml = serializers.FloatField()
    state = serializers.ChoiceField(
        choices=shapes.LESION_STATES, allow_null=True, help_text="Null for a first image."
    )
    comparable = serializers.BooleanField(allow_null=True)
    corrected = serializers.BooleanField()


class TrackSerializer(serializers.Serializer[Any]):
    track = serializers.CharField(help_text="Tracking UID.")
    name = serializers.CharField()
    origin = serializers.ChoiceField(choices=LesionTrack.Origin.choices)
    points = TrackPointSerializer(many=True)


class TracksSerializer(serializers.Serializer[Any]):
    """Every lesion over time; rejected ones are left out, merged ones count where they belong."""

    tracks = TrackSerializer(many=True)


class CalibrationSerializer(serializers.Serializer[Any]):
    nominal = serializers.FloatField(help_text="The share that is meant to lie inside.")
    observed = serializers.FloatField()
    n = serializers.IntegerField()
    direct = serializers.BooleanField(
        help_text="The interval itself was predicted; else it is read off between its bounds and "
        "its median, each side taken as half of a normal distribution."
    )


class RecordPointSerializer(serializers.Serializer[Any]):
    days = serializers.FloatField(allow_null=True)
    predicted_ml = serializers.FloatField()
    lower_ml = serializers.FloatField()
    upper_ml = serializers.FloatField()
    actual_ml = serializers.FloatField()
    inside = serializers.BooleanField()


class TrackRecordSerializer(serializers.Serializer[Any]):
    """How often one version of a model was right on this site's patients."""

    pipeline = serializers.CharField()
    version = serializers.CharField()
    model_version = serializers.CharField(allow_blank=True)
    model_sha256 = serializers.CharField(allow_blank=True, help_text="Digest of its weights.")
    predictions = serializers.IntegerField(help_text="Made, whether or not a scan has come.")
    patients = serializers.IntegerField(help_text="Of the predictions that were scored.")
    n = serializers.IntegerField(help_text="Scored against a comparable scan.")
    not_comparable = serializers.IntegerField()
    interval = serializers.FloatField(allow_null=True, help_text="The nominal coverage.")
    coverage = serializers.FloatField(allow_null=True)
    coverage_low = serializers.FloatField(allow_null=True, help_text="Wilson, 95 %.")
    coverage_high = serializers.FloatField(allow_null=True)
    bias_ml = serializers.FloatField(allow_null=True, help_text="Median of actual - predicted.")
    bias_percent = serializers.FloatField(allow_null=True, help_text="The same, of the actual.")
    beats_carry_forward = serializers.FloatField(allow_null=True, help_text="Share of n.")
    median_delta_rmae = serializers.FloatField(allow_null=True)
    median_dice = serializers.FloatField(allow_null=True)
    calibration = CalibrationSerializer(many=True)
    points = RecordPointSerializer(many=True, help_text="The newest 500.")
