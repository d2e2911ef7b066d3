"""An approved plan as it leaves: one archive of its DICOM objects."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.inference.planning import profiles
from apps.planning.api import serializers as s
from apps.planning.export import export_stream
from apps.planning.services.export import plan_export

ZIP = "application/zip"


class PlanProfilesView(APIView):
    permission_classes = [Policy("plan.view")]
    pagination_class = None

    @extend_schema(operation_id="plan_profiles", responses=s.ProfileSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The planning systems whose demands an export can be held to."""
        return Response(s.ProfileSerializer(profiles(), many=True).data)


class PlanExportView(APIView):
    permission_classes = [Policy("plan.export")]

    @extend_schema(
        operation_id="plans_export",
        parameters=[
            OpenApiParameter(
                "profile",
                OpenApiTypes.STR,
                description="One of /plan-profiles, whose demands must be met.",
            )
        ],
        responses={(200, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, plan_id: UUID) -> StreamingHttpResponse:
        """CT series, structure set, plan and dose as reviewed copies, QA report (SR and PDF).
        Refused while the plan is not approved (409, `export_locked`), when something is missing
        (422, `export_incomplete`), and when the profile is not met (422, `profile_refused`;
        `errors`: every reason)."""
        export = plan_export(
            user=signed_in_user(request),
            plan_id=plan_id,
            profile=request.query_params.get("profile", ""),
        )
        response = StreamingHttpResponse(export_stream(export), content_type=ZIP)
        response["Content-Disposition"] = f'attachment; filename="plan-{plan_id}.zip"'
        return response
