"""The shapes of the API, as OpenAPI tells them, and the reading of what is sent."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from apps.studies.models import Series
from apps.studies.selectors import SORT_DEFAULT, SORTS

GEOMETRY_KINDS = ("regular", "gapped", "tilted", "mixed", "single", "none")
DTYPES = ("uint8", "uint16", "int16", "float32")
GEOMETRY_MAX_BYTES = 64 * 1024


def _vector(length: int, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FloatField(), min_length=length, max_length=length, **options
    )


class PatientSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient_id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    birth_date = serializers.DateField(allow_null=True)
    sex = serializers.CharField(allow_blank=True)


class StudySerializer(serializers.Serializer[Any]):
    study_uid = serializers.CharField()
    patient = PatientSerializer()
    study_date = serializers.DateField(allow_null=True)
    study_time = serializers.TimeField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    accession_number = serializers.CharField(allow_blank=True)
    modalities = serializers.ListField(child=serializers.CharField())
    body_parts = serializers.ListField(child=serializers.CharField())
    laterality = serializers.CharField(allow_blank=True)
    series_count = serializers.IntegerField()
    instance_count = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    synthetic = serializers.BooleanField()
    has_draft = serializers.BooleanField()
    active_job = serializers.UUIDField(allow_null=True)


class SeriesGeometrySerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(GEOMETRY_KINDS)
    spacing = _vector(3, allow_null=True, help_text="z, y, x in mm")
    slices = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)


class SeriesSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField()
    study_uid = serializers.CharField()
    modality = serializers.CharField(allow_blank=True)
    number = serializers.IntegerField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    body_part = serializers.CharField(allow_blank=True)
    laterality = serializers.CharField(allow_blank=True)
    instance_count = serializers.IntegerField()
    frames = serializers.IntegerField()
    rows = serializers.IntegerField(allow_null=True)
    columns = serializers.IntegerField(allow_null=True)
    geometry = SeriesGeometrySerializer()
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    synthetic = serializers.BooleanField()
    ai_generated = serializers.BooleanField()
    kind = serializers.ChoiceField(Series.Kind.values)
    derived_from = serializers.ListField(child=serializers.CharField())
    transfer_syntax = serializers.CharField(allow_blank=True)
    complete = serializers.BooleanField(help_text="False while instances may still arrive.")


class StudyDetailSerializer(StudySerializer):
    series = SeriesSerializer(many=True)
    priors = StudySerializer(many=True)
    jobs = serializers.ListField(child=serializers.DictField())
    drafts = serializers.ListField(child=serializers.DictField())


class InstanceSerializer(serializers.Serializer[Any]):
    sop_instance_uid = serializers.CharField()
    instance_number = serializers.IntegerField(allow_null=True)
    position = _vector(3, allow_null=True, help_text="x, y, z in mm (LPS)")
    frames = serializers.IntegerField()


class WindowSerializer(serializers.Serializer[Any]):
    center = serializers.FloatField()
    width = serializers.FloatField()


class GridSerializer(serializers.Serializer[Any]):
    """The grid of ``/volume``. Null and empty where the series has none."""

    kind = serializers.ChoiceField(GEOMETRY_KINDS)
    reason = serializers.CharField(allow_blank=True)
    dimensions = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="columns, rows, slices"
    )
    spacing = _vector(3, allow_null=True, help_text="x, y, slice in mm")
    origin = _vector(3, allow_null=True, help_text="centre of the first voxel, LPS in mm")
    direction = _vector(9, allow_null=True, help_text="row, column and normal direction")
    dtype = serializers.ChoiceField(DTYPES, allow_null=True)
    slope = serializers.FloatField()
    intercept = serializers.FloatField()
    window = WindowSerializer(allow_null=True)
    photometric = serializers.CharField(allow_blank=True)
    sop_instance_uids = serializers.ListField(child=serializers.CharField())
    frames = serializers.ListField(
        child=serializers.IntegerField(), help_text="frame of each slice's instance, from 1"
    )
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    bytes = serializers.IntegerField()


class SegmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    color = serializers.ListField(child=serializers.IntegerField(), min_length=3, max_length=3)
    structure_label = serializers.IntegerField(help_text="the voxel's value in /labelmap")
    volume_ml = serializers.FloatField(allow_null=True)


class HeaderElementSerializer(serializers.Serializer[Any]):
    tag = serializers.CharField()
    vr = serializers.CharField()
    keyword = serializers.CharField(allow_blank=True)
    value = serializers.JSONField(allow_null=True)


class StoredFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    study_uid = serializers.CharField()
    series_uid = serializers.CharField()


class RefusedFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField()


class UploadSerializer(serializers.Serializer[Any]):
    upload_id = serializers.UUIDField()
    stored = StoredFileSerializer(many=True)
    refused = RefusedFileSerializer(many=True)
    studies = serializers.ListField(child=serializers.CharField())


class UploadRequestSerializer(serializers.Serializer[Any]):
    files = serializers.ListField(child=serializers.FileField())
    paths = serializers.ListField(child=serializers.CharField(), required=False)


class StudyQuerySerializer(serializers.Serializer[Any]):
    """What a study list is asked for."""

    q = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="beginnings of words of patient name, patient ID, accession number, description",
    )
    modality = serializers.CharField(required=False, default="", allow_blank=True, max_length=16)
    date_from = serializers.DateField(required=False, default=None)
    date_to = serializers.DateField(required=False, default=None)
    sort = serializers.ChoiceField(sorted(SORTS), required=False, default=SORT_DEFAULT)


class AnnotationWriteSerializer(serializers.Serializer[Any]):
    tool = serializers.CharField(max_length=64)
    series_uid = serializers.CharField(max_length=64)
    frame_of_reference_uid = serializers.CharField(
        max_length=64, required=False, default="", allow_blank=True
    )
    sop_instance_uid = serializers.CharField(
        max_length=64, required=False, default=None, allow_null=True
    )
    geometry = serializers.JSONField(help_text="handles in LPS mm")
    value = serializers.FloatField(required=False, default=None, allow_null=True)
    unit = serializers.CharField(max_length=32, required=False, default="", allow_blank=True)
    label = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)  # type: ignore[assignment]

    def validate_geometry(self, geometry: Any) -> Any:
        if not isinstance(geometry, dict | list):
            raise serializers.ValidationError("This must be an object or a list.")
        if len(json.dumps(geometry)) > GEOMETRY_MAX_BYTES:
            raise serializers.ValidationError("This is larger than any measurement.")
        return geometry


class AnnotationUpdateSerializer(AnnotationWriteSerializer):
    version = serializers.IntegerField(min_value=1)


class AnnotationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    study_uid = serializers.CharField()
    series_uid = serializers.CharField()
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    sop_instance_uid = serializers.CharField(allow_null=True)
    tool = serializers.CharField()
    geometry = serializers.JSONField()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    author = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()
