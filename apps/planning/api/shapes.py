"""The shapes of plan.json, as OpenAPI tells them. What they describe was checked when it was kept
(``result.py``) and is sent as it is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

CHECK_STATES = ("pass", "warn", "fail", "not_applicable")
DOSES = ("plan", "reference", "bulk", "lower", "upper")
ROLES = ("target", "organ", "external", "support")


def numbers(length: int | None = None, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FloatField(), min_length=length, max_length=length, **options
    )


def _figure(**options: Any) -> serializers.FloatField:
    return serializers.FloatField(required=False, allow_null=True, **options)


class CheckSerializer(serializers.Serializer[Any]):
    """One of the numbered acceptance checks. 9 to 11 (sign-off, export, control chart) follow
    from what has been decided since, and from other patients."""

    number = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=CHECK_STATES)
    figure = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(allow_blank=True)
    text = serializers.CharField()
    picture = serializers.CharField(allow_null=True, help_text="Key of an artefact of the plan.")


class PlanImageSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField()
    synthetic = serializers.BooleanField()


class DoseGridSerializer(serializers.Serializer[Any]):
    shape = serializers.ListField(child=serializers.IntegerField(), help_text="z, y, x")
    spacing_mm = numbers(3, help_text="z, y, x")
    origin_lps = numbers(3, help_text="x, y, z of the first voxel's centre")


class BeamSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    gantry_deg = serializers.FloatField()
    couch_deg = serializers.FloatField()
    isocentre_lps = numbers(3)
    bixels = serializers.IntegerField()
    weight = serializers.FloatField()


class ObjectiveValueSerializer(serializers.Serializer[Any]):
    iteration = serializers.IntegerField()
    value = serializers.FloatField()


class StructureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    volume_ml = serializers.FloatField()
    colour = serializers.ListField(child=serializers.IntegerField(), min_length=3, max_length=3)
    truncated = serializers.BooleanField()


class DvhSerializer(serializers.Serializer[Any]):
    """Cumulative: percent of the volume that gets at least the dose."""

    structure = serializers.CharField()
    dose = serializers.ChoiceField(choices=DOSES)
    dose_gy = numbers()
    volume_percent = numbers()


class IndexSerializer(serializers.Serializer[Any]):
    structure = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    plan = serializers.FloatField(allow_null=True)
    reference = _figure()
    bulk = _figure()
    lower = _figure()
    upper = _figure()


class ConstraintSerializer(serializers.Serializer[Any]):
    structure = serializers.CharField()
    metric = serializers.CharField()
    limit = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    status = serializers.ChoiceField(choices=CHECK_STATES)


class GammaSerializer(serializers.Serializer[Any]):
    against = serializers.ChoiceField(choices=("reference", "bulk"))
    dose_percent = serializers.FloatField()
    distance_mm = serializers.FloatField()
    cutoff_percent = serializers.FloatField()
    pass_percent = serializers.FloatField()
    mean = serializers.FloatField()


class HuErrorSerializer(serializers.Serializer[Any]):
    mae = serializers.FloatField()
    bias_soft = _figure()
    bias_bone = _figure()


class DensitySerializer(serializers.Serializer[Any]):
    """A point of the table that turns HU into density."""

    hu = serializers.FloatField()
    relative_to_water = serializers.FloatField()


class WarningSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class PlanResultSerializer(serializers.Serializer[Any]):
    """The content of plan.json."""

    format = serializers.CharField()
    format_version = serializers.IntegerField()
    template = serializers.DictField()
    limits = serializers.DictField()
    image = PlanImageSerializer()
    frame_of_reference_uid = serializers.CharField()
    dose_grid = DoseGridSerializer()
    beams = BeamSerializer(many=True)
    objective = ObjectiveValueSerializer(many=True)
    structures = StructureSerializer(many=True)
    dvh = DvhSerializer(many=True)
    indices = IndexSerializer(many=True)
    constraints = ConstraintSerializer(many=True)
    gamma = GammaSerializer(many=True)
    hu_error = HuErrorSerializer(allow_null=True)
    checks = CheckSerializer(many=True)
    warnings = WarningSerializer(many=True)
    densities = DensitySerializer(many=True, required=False)
    software = serializers.DictField(child=serializers.CharField())
