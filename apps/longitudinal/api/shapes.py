"""The shapes of change.json, prediction.json and score.json, as OpenAPI tells them. What they
describe was checked when it was kept (``content.py``) and is sent as it is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

STATUSES = ("pass", "warn", "fail")
VERDICTS = ("change", "within_noise", "not_comparable")
LESION_STATES = ("new", "enlarging", "stable", "shrinking", "resolved", "merged", "split")


def figure(**options: Any) -> serializers.FloatField:
    return serializers.FloatField(required=False, allow_null=True, **options)


def vector(length: int, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FloatField(), min_length=length, max_length=length, **options
    )


class FollowupWarningSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class ImageNamedSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField(required=False, allow_blank=True)
    date = serializers.CharField(required=False, allow_null=True)


class ComparabilityReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    figure = figure()
    unit = serializers.CharField(required=False, allow_blank=True)
    limit = serializers.CharField(required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=STATUSES)


class ComparabilitySerializer(serializers.Serializer[Any]):
    comparable = serializers.BooleanField()
    score = serializers.FloatField()
    reasons = ComparabilityReasonSerializer(many=True)


class RegistrationSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    rotation_deg = serializers.FloatField()
    translation_mm = serializers.FloatField()
    overlap = serializers.FloatField()
    similarity = serializers.FloatField()
    matrix = serializers.ListField(
        child=vector(4), help_text="4 by 4, LPS in mm: base point to follow-up point"
    )


class RegionChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    side = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    base_ml = serializers.FloatField(allow_null=True)
    follow_ml = serializers.FloatField(allow_null=True)
    change_percent = figure()
    per_year_percent = figure()
    noise_percent = figure()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    expected_dice = figure()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # ``label`` is an attribute of every serializer.
        number = serializers.IntegerField(required=False)
        return {"label": number, **super().get_fields()}


class RunLesionSerializer(serializers.Serializer[Any]):
    """A lesion as the run found it. See ``lesions`` of the comparison for what people say."""

    track = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=LESION_STATES)
    base_ml = serializers.FloatField()
    follow_ml = serializers.FloatField()
    centre_lps = vector(3, help_text="x, y, z in mm in the frame of the base image")
    parents = serializers.ListField(child=serializers.CharField(), required=False)
    children = serializers.ListField(child=serializers.CharField(), required=False)
    diameter_mm = figure()


class LesionLoadSerializer(serializers.Serializer[Any]):
    base_ml = serializers.FloatField()
    follow_ml = serializers.FloatField()
    new = serializers.IntegerField(required=False)
    resolved = serializers.IntegerField(required=False)
    noise_percent = figure()


class ChangeContentSerializer(serializers.Serializer[Any]):
    """The content of change.json; of comparability.json (`kind` register) its first half."""

    format = serializers.CharField()
    format_version = serializers.IntegerField()
    base = ImageNamedSerializer(required=False)
    follow = ImageNamedSerializer(required=False)
    days = serializers.FloatField(required=False, allow_null=True)
    comparability = ComparabilitySerializer()
    registration = RegistrationSerializer(required=False)
    regions = RegionChangeSerializer(many=True, required=False)
    lesions = RunLesionSerializer(many=True, required=False)
    lesion_load = LesionLoadSerializer(required=False, allow_null=True)
    warnings = FollowupWarningSerializer(many=True, required=False)
    software = serializers.DictField(required=False)


class VolumeAtSerializer(serializers.Serializer[Any]):
    days = serializers.FloatField()
    median_ml = serializers.FloatField()
    lower_ml = serializers.FloatField()
    upper_ml = serializers.FloatField()


class VentricleSerializer(serializers.Serializer[Any]):
    base = figure()
    median = figure()
    lower = figure()
    upper = figure()


class PredictionContentSerializer(serializers.Serializer[Any]):
    """The content of prediction.json."""

    format = serializers.CharField()
    format_version = serializers.IntegerField()
    days = serializers.FloatField()
    treatment = serializers.CharField()
    samples = serializers.IntegerField()
    sample_volumes_ml = serializers.ListField(child=serializers.FloatField(), required=False)
    family = serializers.CharField(required=False, help_text="Of models: flow, regression, …")
    model_version = serializers.CharField()
    target_date = serializers.CharField(allow_null=True, required=False)
    volumes = VolumeAtSerializer(many=True)
    interval = serializers.FloatField(help_text="The share that is meant to lie inside.")
    carry_forward_ml = serializers.FloatField()
    ventricle_ml = VentricleSerializer(required=False, allow_null=True)
    beats_carry_forward = serializers.BooleanField(
        help_text="On held-out subjects. Where it does not, the prediction must say so."
    )
    evidence = serializers.DictField(required=False)
    warnings = FollowupWarningSerializer(many=True, required=False)


class CarryForwardSerializer(serializers.Serializer[Any]):
    dice = figure()
    delta_rmae = figure()
    volume_error_ml = figure()


class ScoreContentSerializer(serializers.Serializer[Any]):
    """The content of score.json."""

    format = serializers.CharField()
    days_actual = serializers.FloatField(allow_null=True, required=False)
    days_predicted = figure()
    comparable = serializers.BooleanField()
    actual_ml = figure()
    predicted_ml = figure()
    base_ml = figure()
    volume_error_ml = figure()
    lower_ml = figure()
    upper_ml = figure()
    inside_interval = serializers.BooleanField(allow_null=True, required=False)
    dice = figure()
    new_tissue_dice = figure()
    delta_rmae = figure()
    carry_forward = CarryForwardSerializer(required=False, allow_null=True)
    beats_carry_forward = serializers.BooleanField(allow_null=True, required=False)
    warnings = FollowupWarningSerializer(many=True, required=False)
