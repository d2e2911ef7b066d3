"""An approved plan as it leaves: one archive of its DICOM objects."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.planning.export import export_stream
from apps.planning.services.export import plan_export

ZIP = "application/zip"


class PlanExportView(APIView):
    permission_classes = [Policy("plan.export")]

    @extend_schema(
        operation_id="plans_export",
        parameters=[
            OpenApiParameter(
                "profile", OpenApiTypes.STR, description="A conformance profile; else the generic."
            )
        ],
        responses={(200, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, plan_id: UUID) -> StreamingHttpResponse:
        """CT series, structure set, plan and dose as reviewed copies, QA report (SR and PDF).
        Refused while the plan is not approved (409, `export_locked`)."""
        export = plan_export(
            user=signed_in_user(request),
            plan_id=plan_id,
            profile=request.query_params.get("profile", ""),
        )
        response = StreamingHttpResponse(export_stream(export), content_type=ZIP)
        response["Content-Disposition"] = f'attachment; filename="plan-{plan_id}.zip"'
        return response
