"""What of a plan travels as octets: doses for the viewer."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.pacs.trail import study_viewed
from apps.planning import selectors
from apps.planning.api import serializers as s
from apps.planning.dose import dose_volume
from apps.studies.api.voxels import OCTETS, octets_sent

DOSES = ("plan", "reference", "bulk", "lower", "upper", "difference", "gamma")
WHICH = OpenApiParameter("which", OpenApiTypes.STR, enum=DOSES, default="plan")


class PlanDoseView(APIView):
    permission_classes = [Policy("plan.view")]

    @extend_schema(
        operation_id="plans_dose",
        parameters=[WHICH],
        responses={(200, OCTETS): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, plan_id: UUID) -> HttpResponseBase:
        """A dose in Gy (gamma: no unit): float32, little endian, slice after slice on the grid of
        `/dose-grid`. `difference` is reference minus plan."""
        plan = selectors.plan_get(plan_id)
        dose = dose_volume(plan, request.query_params.get("which", "plan"))
        study_viewed(signed_in_user(request), plan.study_uid)
        if request.headers.get("If-None-Match") == dose.etag:
            return HttpResponseNotModified(headers={"ETag": dose.etag})
        content = dose.octets
        return octets_sent(HttpResponse(content, content_type=OCTETS), len(content), dose.etag)


class PlanDoseGridView(APIView):
    permission_classes = [Policy("plan.view")]

    @extend_schema(
        operation_id="plans_dose_grid", parameters=[WHICH], responses=s.DoseVolumeSerializer
    )
    def get(self, request: Request, plan_id: UUID) -> Response:
        """The grid of a dose: the same shape as that of a series' volume."""
        plan = selectors.plan_get(plan_id)
        dose = dose_volume(plan, request.query_params.get("which", "plan"))
        study_viewed(signed_in_user(request), plan.study_uid)
        return Response(s.DoseVolumeSerializer(dose.shown).data)
