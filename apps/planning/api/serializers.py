from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.inference.api.serializers import ArtifactSerializer
from apps.jobs.api.serializers import JobErrorSerializer
from apps.jobs.models import Job
from apps.planning.api.shapes import CHECK_STATES, CheckSerializer, PlanResultSerializer, numbers
from apps.planning.models import LimitSet, Plan, PlanDecision, PlanTemplate
from apps.planning.shown import PlanShown
from apps.planning.states import UNLOCKED
from apps.studies.api.serializers import DTYPES

REASON_MIN, REASON_MAX = 10, 2000
VIEWED_MAX = 100
DIGEST = r"^[0-9a-f]{64}$"


class TemplateSerializer(serializers.ModelSerializer[PlanTemplate]):
    body = serializers.DictField()
    builtin = serializers.SerializerMethodField(help_text="Shipped with the product.")
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = PlanTemplate
        fields = (
            "id",
            "name",
            "site",
            "version",
            "active",
            "body",
            "builtin",
            "created_at",
            "created_by",
        )
        read_only_fields = fields

    def get_builtin(self, template: PlanTemplate) -> bool:
        return bool(template.builtin_sha256)


class TemplateQuerySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, default="", max_length=100)
    all = serializers.BooleanField(
        required=False, default=False, help_text="Versions that are no longer offered too."
    )


class TemplateCreateSerializer(serializers.Serializer[Any]):
    """The next version of a template; the name in the body says of which."""

    body = serializers.DictField()


class LimitSetSerializer(serializers.ModelSerializer[LimitSet]):
    limits = serializers.DictField()
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = LimitSet
        fields = ("id", "version", "limits", "note", "created_at", "created_by")
        read_only_fields = fields


class LimitSetCreateSerializer(serializers.Serializer[Any]):
    """The next version of the limits, all of them."""

    limits = serializers.DictField()
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)


class VersionNamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class LimitsNamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()


class CheckBriefSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=CHECK_STATES)
    figure = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)


class PlanCreateSerializer(serializers.Serializer[Any]):
    template = serializers.UUIDField(help_text="A version that is offered.")
    body = serializers.DictField(
        required=False,
        default=None,
        allow_null=True,
        help_text="The template as it was changed by hand (beams, objectives); else as it is.",
    )
    inputs = serializers.DictField(
        child=serializers.CharField(max_length=64),
        help_text="Series UID by name of the pipeline's input: image, structures, and where there "
        "are any structures2, reference, lower, upper, mr.",
    )
    target_roi = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=64,
        help_text="The region that is the target; empty: the first named like one.",
    )
    predecessor = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="The plan that this one replaces."
    )
    override_reason = serializers.CharField(
        required=False, default="", allow_blank=True, min_length=10, max_length=500
    )


class PlanQuerySerializer(serializers.Serializer[Any]):
    study_uid = serializers.CharField(required=False, default="", max_length=64)
    state = serializers.ChoiceField(
        choices=Plan.State.choices, required=False, default="", allow_blank=True
    )


class PlanBriefSerializer(serializers.ModelSerializer[Plan]):
    """A plan without its result."""

    job = serializers.UUIDField(source="job_id", read_only=True)
    job_state = serializers.ChoiceField(
        source="job.state", choices=Job.State.choices, read_only=True
    )
    stream = serializers.CharField(source="job.stream", read_only=True)
    progress = serializers.FloatField(source="job.progress", allow_null=True, read_only=True)
    template = VersionNamedSerializer(read_only=True)
    limits = LimitsNamedSerializer(read_only=True)
    inputs = serializers.DictField(child=serializers.CharField(), read_only=True)
    predecessor = serializers.UUIDField(source="predecessor_id", allow_null=True, read_only=True)
    checks = CheckBriefSerializer(many=True, read_only=True)
    error = serializers.SerializerMethodField()
    unlocked = serializers.SerializerMethodField(help_text="Whether it can be exported.")
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )
    ai_generated = serializers.SerializerMethodField()

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "id",
            "study_uid",
            "state",
            "job",
            "job_state",
            "stream",
            "progress",
            "template",
            "limits",
            "target_roi",
            "inputs",
            "predecessor",
            "checks",
            "error",
            "unlocked",
            "result_sha256",
            "created_at",
            "updated_at",
            "created_by",
            "ai_generated",
        )
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, plan: Plan) -> dict[str, str] | None:
        if not plan.error_code:
            return None
        return {"code": plan.error_code, "user_message": plan.error_message}

    def get_unlocked(self, plan: Plan) -> bool:
        return plan.state == UNLOCKED

    def get_ai_generated(self, _plan: Plan) -> bool:
        return True


class DecisionSerializer(serializers.ModelSerializer[PlanDecision]):
    by = serializers.CharField(source="by_name")

    class Meta:
        model = PlanDecision
        fields = (
            "id",
            "kind",
            "reason",
            "by",
            "created_at",
            "viewed",
            "result_sha256",
            "accept_failed",
        )
        read_only_fields = fields


class RequiredViewSerializer(serializers.Serializer[Any]):
    """What must be looked at before approving; ``viewed``: the reader has opened it."""

    key = serializers.CharField(help_text="images, dvh, or check:<key of the check>")
    title = serializers.CharField()
    viewed = serializers.BooleanField()


class PlanSerializer(PlanBriefSerializer):
    """A plan with its result; ``context["shown"]`` is its ``PlanShown``."""

    body = serializers.DictField(help_text="The template as it was used.")
    checks = serializers.SerializerMethodField()  # type: ignore[assignment]
    result = PlanResultSerializer(allow_null=True, read_only=True)
    decisions = DecisionSerializer(many=True, read_only=True)
    successors = serializers.SerializerMethodField(help_text="Plans that were made in its place.")
    artifacts = serializers.SerializerMethodField()
    doses = serializers.SerializerMethodField(help_text="What /dose?which= can be.")
    required_views = serializers.SerializerMethodField()

    class Meta:
        model = Plan
        fields = (
            *PlanBriefSerializer.Meta.fields,
            "body",
            "result",
            "decisions",
            "successors",
            "artifacts",
            "doses",
            "required_views",
        )
        read_only_fields = fields

    @property
    def shown(self) -> PlanShown:
        shown: PlanShown = self.context["shown"]
        return shown

    @extend_schema_field(CheckSerializer(many=True))
    def get_checks(self, _plan: Plan) -> list[dict[str, Any]]:
        return self.shown.checks

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_successors(self, plan: Plan) -> list[str]:
        return [str(successor.pk) for successor in plan.successors.all()]

    @extend_schema_field(ArtifactSerializer(many=True))
    def get_artifacts(self, _plan: Plan) -> Any:
        return ArtifactSerializer(self.shown.artifacts, many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_doses(self, _plan: Plan) -> list[str]:
        return self.shown.doses

    @extend_schema_field(RequiredViewSerializer(many=True))
    def get_required_views(self, _plan: Plan) -> list[dict[str, Any]]:
        return self.shown.required_views


class ViewedSerializer(serializers.Serializer[Any]):
    result_sha256 = serializers.RegexField(DIGEST, help_text="Of the result that is shown.")
    keys = serializers.ListField(
        child=serializers.CharField(max_length=100), min_length=1, max_length=VIEWED_MAX
    )


class DecisionCreateSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=PlanDecision.Kind.choices)
    reason = serializers.CharField(min_length=REASON_MIN, max_length=REASON_MAX)
    result_sha256 = serializers.RegexField(DIGEST, help_text="Of the result that was looked at.")
    viewed = serializers.ListField(
        child=serializers.CharField(max_length=100),
        min_length=1,
        max_length=VIEWED_MAX,
        help_text="What was looked at: keys that were sent to /viewed when they were opened.",
    )
    accept_failed = serializers.BooleanField(
        required=False, default=False, help_text="Approve although a check has failed."
    )


class ProfileSerializer(serializers.Serializer[Any]):
    """A planning system whose demands an export can be held to."""

    name = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()


class DoseVolumeSerializer(serializers.Serializer[Any]):
    """The grid of ``/dose?which=``: as that of a series' volume. Gy, but for gamma."""

    which = serializers.CharField()
    dimensions = serializers.ListField(
        child=serializers.IntegerField(), help_text="columns, rows, slices"
    )
    spacing = numbers(3, help_text="x, y, slice in mm")
    origin = numbers(3, help_text="centre of the first voxel, LPS in mm")
    direction = numbers(9, help_text="row, column and normal direction")
    dtype = serializers.ChoiceField(choices=DTYPES)
    unit = serializers.ChoiceField(choices=("Gy", "1"))
    slope = serializers.FloatField(help_text="Units per stored value.")
    intercept = serializers.FloatField()
    minimum = serializers.FloatField()
    maximum = serializers.FloatField()
    bytes = serializers.IntegerField()
    frame_of_reference_uid = serializers.CharField(allow_blank=True)


class ChartPointSerializer(serializers.Serializer[Any]):
    plan = serializers.UUIDField()
    study_uid = serializers.CharField()
    patient = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    figure = serializers.FloatField()
    status = serializers.ChoiceField(choices=CHECK_STATES)
    outside = serializers.BooleanField(help_text="Beyond mean ± 3 standard deviations.")


class ChartSerializer(serializers.Serializer[Any]):
    check = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)
    limits = LimitsNamedSerializer(allow_null=True, help_text="The set that the points share.")
    patients = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True, help_text="From two patients on.")
    sd = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True, help_text="mean - 3 sd")
    upper = serializers.FloatField(allow_null=True, help_text="mean + 3 sd")
    points = ChartPointSerializer(many=True, help_text="Oldest first, one for each patient.")
    keys = serializers.ListField(
        child=serializers.CharField(), help_text="Checks that have figures."
    )
