from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.inference.api.serializers import ArtifactSerializer, override_reason_field
from apps.jobs.api.serializers import JobErrorSerializer
from apps.jobs.models import Job
from apps.longitudinal.api import shapes
from apps.longitudinal.models import (
    NOTE_MAX,
    Comparison,
    OfJob,
    Prediction,
    PredictionScore,
    Treatment,
)
from apps.studies.api.serializers import GEOMETRY_KINDS

UID_MAX = 64
DAYS_MAX = 3650
SAMPLES_MAX = 32


class TreatmentSerializer(serializers.ModelSerializer[Treatment]):
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Treatment
        fields = ("id", "kind", "started_on", "ended_on", "note", "created_at", "created_by")
        read_only_fields = fields


class TreatmentWriteSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Treatment.Kind.choices)
    started_on = serializers.DateField()
    ended_on = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE_MAX)


class TreatmentChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays."""

    kind = serializers.ChoiceField(choices=Treatment.Kind.choices, required=False)
    started_on = serializers.DateField(required=False)
    ended_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_MAX)


class OfJobSerializer(serializers.ModelSerializer[Any]):
    """What a comparison and a prediction have of their job."""

    state = serializers.ChoiceField(choices=Job.State.choices, read_only=True)
    job = serializers.UUIDField(source="job_id", read_only=True)
    stream = serializers.CharField(source="job.stream", read_only=True)
    progress = serializers.FloatField(source="job.progress", allow_null=True, read_only=True)
    warnings = shapes.FollowupWarningSerializer(
        many=True, read_only=True, help_text="Known before the run: missing dates and the like."
    )
    error = serializers.SerializerMethodField()
    override_reason = serializers.CharField(
        source="job.override_reason",
        read_only=True,
        help_text="Why it was run on an image that the gate holds back; mostly empty.",
    )
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )
    ai_generated = serializers.SerializerMethodField()

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, row: OfJob) -> dict[str, str] | None:
        if row.error_code:
            return {"code": row.error_code, "user_message": row.error_message}
        if row.job.error_code:
            return {"code": row.job.error_code, "user_message": row.job.error_message}
        return None

    def get_ai_generated(self, _row: OfJob) -> bool:
        return True


OF_JOB = (
    "id", "state", "job", "stream", "progress", "warnings", "error", "override_reason",
    "created_at", "created_by", "ai_generated",
)  # fmt: skip


class ComparisonSummarySerializer(serializers.Serializer[Any]):
    lesions = serializers.IntegerField(required=False)
    new = serializers.IntegerField(required=False)
    resolved = serializers.IntegerField(required=False)
    base_ml = serializers.FloatField(required=False)
    follow_ml = serializers.FloatField(required=False)


class ComparisonBriefSerializer(OfJobSerializer):
    """A comparison without its content."""

    summary = ComparisonSummarySerializer(read_only=True)
    days = serializers.SerializerMethodField()

    class Meta:
        model = Comparison
        fields: tuple[str, ...] = (
            *OF_JOB,
            "kind",
            "deformable",
            "base_series_uid",
            "base_study_uid",
            "base_date",
            "follow_series_uid",
            "follow_study_uid",
            "follow_date",
            "days",
            "comparable",
            "score",
            "summary",
        )
        read_only_fields = fields

    def get_days(self, row: Comparison) -> int | None:
        if row.base_date is None or row.follow_date is None:
            return None
        return (row.follow_date - row.base_date).days


class ScoreBriefSerializer(serializers.ModelSerializer[PredictionScore]):
    """A prediction beside one real scan."""

    state = serializers.ChoiceField(choices=Job.State.choices, read_only=True)
    job = serializers.UUIDField(source="job_id", allow_null=True, read_only=True)
    stream = serializers.CharField(
        source="job.stream", default=None, allow_null=True, read_only=True
    )
    actual_ml = serializers.SerializerMethodField()
    predicted_ml = serializers.SerializerMethodField()
    lower_ml = serializers.SerializerMethodField()
    upper_ml = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = PredictionScore
        fields: tuple[str, ...] = (
            "id",
            "state",
            "job",
            "stream",
            "actual_series_uid",
            "actual_study_uid",
            "actual_date",
            "comparable",
            "inside_interval",
            "beats_carry_forward",
            "actual_ml",
            "predicted_ml",
            "lower_ml",
            "upper_ml",
            "error",
            "created_at",
        )
        read_only_fields = fields

    def _figure(self, row: PredictionScore, name: str) -> float | None:
        found = (row.content or {}).get(name)
        return None if found is None else float(found)

    def get_actual_ml(self, row: PredictionScore) -> float | None:
        return self._figure(row, "actual_ml")

    def get_predicted_ml(self, row: PredictionScore) -> float | None:
        return self._figure(row, "predicted_ml")

    def get_lower_ml(self, row: PredictionScore) -> float | None:
        return self._figure(row, "lower_ml")

    def get_upper_ml(self, row: PredictionScore) -> float | None:
        return self._figure(row, "upper_ml")

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, row: PredictionScore) -> dict[str, str] | None:
        if row.error_code:
            return {"code": row.error_code, "user_message": row.error_message}
        if row.job is not None and row.job.error_code:
            return {"code": row.job.error_code, "user_message": row.job.error_message}
        return None


class ScoreSerializer(ScoreBriefSerializer):
    content = shapes.ScoreContentSerializer(allow_null=True, read_only=True)
    artifacts = serializers.SerializerMethodField(help_text="The error map among them.")

    class Meta:
        model = PredictionScore
        fields = (*ScoreBriefSerializer.Meta.fields, "content", "artifacts")
        read_only_fields = fields

    @extend_schema_field(ArtifactSerializer(many=True))
    def get_artifacts(self, row: PredictionScore) -> Any:
        if row.job is None:
            return []
        return ArtifactSerializer(row.job.artifacts.all(), many=True).data


class PredictionBriefSerializer(OfJobSerializer):
    """A prediction without its content."""

    prior_series_uid = serializers.SerializerMethodField()
    expected = serializers.SerializerMethodField(help_text="The volume on the last day.")
    beats_carry_forward = serializers.SerializerMethodField(
        help_text="On held-out subjects; null until the run has ended."
    )
    series = serializers.DictField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Series UID by the artefact's key: predicted, growth-probability, …",
    )
    scores = ScoreBriefSerializer(many=True, read_only=True)

    class Meta:
        model = Prediction
        fields: tuple[str, ...] = (
            *OF_JOB,
            "base_series_uid",
            "base_study_uid",
            "base_date",
            "prior_series_uid",
            "days",
            "treatment",
            "samples",
            "target_date",
            "pipeline_version",
            "model_version",
            "model_sha256",
            "expected",
            "beats_carry_forward",
            "series",
            "scores",
        )
        read_only_fields = fields

    def get_prior_series_uid(self, row: Prediction) -> str | None:
        return row.prior_series_uid or None

    @extend_schema_field(shapes.VolumeAtSerializer(allow_null=True))
    def get_expected(self, row: Prediction) -> dict[str, Any] | None:
        volumes = (row.content or {}).get("volumes") or [None]
        last: dict[str, Any] | None = volumes[-1]
        return last

    def get_beats_carry_forward(self, row: Prediction) -> bool | None:
        return None if row.content is None else bool(row.content["beats_carry_forward"])


class PredictionSerializer(PredictionBriefSerializer):
    content = shapes.PredictionContentSerializer(allow_null=True, read_only=True)
    scores = ScoreSerializer(many=True, read_only=True)
    artifacts = serializers.SerializerMethodField()

    class Meta:
        model = Prediction
        fields = (*PredictionBriefSerializer.Meta.fields, "content", "artifacts")
        read_only_fields = fields

    @extend_schema_field(ArtifactSerializer(many=True))
    def get_artifacts(self, row: Prediction) -> Any:
        return ArtifactSerializer(row.job.artifacts.all(), many=True).data


class ComparisonCreateSerializer(serializers.Serializer[Any]):
    base = serializers.CharField(max_length=UID_MAX, help_text="Series UID of the earlier image.")
    follow = serializers.CharField(max_length=UID_MAX, help_text="Series UID of the later one.")
    kind = serializers.ChoiceField(
        choices=Comparison.Kind.choices, required=False, default=Comparison.Kind.CHANGE
    )
    deformable = serializers.BooleanField(required=False, default=False)
    override_reason = override_reason_field()


class PredictionCreateSerializer(serializers.Serializer[Any]):
    base = serializers.CharField(max_length=UID_MAX, help_text="Series UID of the latest image.")
    prior = serializers.CharField(
        max_length=UID_MAX, required=False, allow_null=True, allow_blank=True, default=None
    )
    days = serializers.IntegerField(min_value=1, max_value=DAYS_MAX)
    treatment = serializers.ChoiceField(
        choices=Prediction.Treatment.choices, required=False, default=Prediction.Treatment.NONE
    )
    samples = serializers.IntegerField(
        min_value=1, max_value=SAMPLES_MAX, required=False, default=8
    )
    override_reason = override_reason_field()


class OfStudyQuerySerializer(serializers.Serializer[Any]):
    study_uid = serializers.CharField(
        required=False,
        default="",
        max_length=UID_MAX,
        help_text="All of the patient of this study.",
    )


class TimelineSeriesSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField(allow_blank=True)
    sequence = serializers.CharField(allow_null=True, help_text="FLAIR, T1, T1+C, T2, …")
    device = serializers.CharField(allow_null=True)
    slices = serializers.IntegerField()
    spacing_mm = shapes.vector(3, allow_null=True, help_text="z, y, x")
    geometry = serializers.ChoiceField(choices=GEOMETRY_KINDS)
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    body_part = serializers.CharField(allow_blank=True)
    ai_generated = serializers.BooleanField(
        help_text="Made here or by a model: no base, follow-up or prior."
    )
    synthetic = serializers.BooleanField()
    complete = serializers.BooleanField(help_text="False while instances may still arrive.")


class TimelineStudySerializer(serializers.Serializer[Any]):
    study_uid = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    time = serializers.TimeField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    modalities = serializers.ListField(child=serializers.CharField())
    series = TimelineSeriesSerializer(many=True)


class TimelineSerializer(serializers.Serializer[Any]):
    """All studies of one person, the earliest first."""

    studies = TimelineStudySerializer(many=True)
    undated = TimelineStudySerializer(many=True)
    truncated = serializers.BooleanField(help_text="There are more studies than are shown.")
    treatments = TreatmentSerializer(many=True)
    comparisons = ComparisonBriefSerializer(many=True)
    predictions = PredictionBriefSerializer(many=True)
