"""What a comparison has found, what people correct of it, and lesions over time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.core.idempotency import HEADER
from apps.inference.api.views import KEY_PARAMETER
from apps.longitudinal import selectors
from apps.longitudinal.api import lesions as s
from apps.longitudinal.lesions import comparison_shown, tracks_of
from apps.longitudinal.services.corrections import correction_create
from apps.pacs.trail import study_viewed


def _shown(comparison_id: UUID) -> dict[str, Any]:
    comparison = selectors.comparison_get(comparison_id)
    shown = comparison_shown(comparison)
    return dict(s.FollowupComparisonSerializer(comparison, context={"shown": shown}).data)


class ComparisonView(APIView):
    permission_classes = [Policy("followup.view")]

    @extend_schema(
        operation_id="followup_comparisons_read", responses=s.FollowupComparisonSerializer
    )
    def get(self, request: Request, comparison_id: UUID) -> Response:
        shown = _shown(comparison_id)
        study_viewed(signed_in_user(request), shown["follow_study_uid"])
        return Response(shown)


class CorrectionsView(APIView):
    permission_classes = [Policy("followup.correct")]

    @extend_schema(
        operation_id="followup_corrections_create",
        parameters=[KEY_PARAMETER],
        request=s.CorrectionCreateSerializer,
        responses={
            200: s.FollowupComparisonSerializer,
            201: s.FollowupComparisonSerializer,
        },
    )
    def post(self, request: Request, comparison_id: UUID) -> Response:
        """Say what a lesion is. Corrections are added beside what the model found; one is taken
        back by another (`withdrawn`). They hold for every run over the same two images."""
        asked = s.CorrectionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        _correction, created = correction_create(
            user=signed_in_user(request),
            comparison_id=comparison_id,
            idempotency_key=request.headers.get(HEADER, ""),
            **asked.validated_data,
        )
        return Response(_shown(comparison_id), status=201 if created else 200)


class TracksView(APIView):
    permission_classes = [Policy("followup.view")]

    @extend_schema(operation_id="tracks_read", responses=s.TracksSerializer)
    def get(self, request: Request, study_uid: str) -> Response:
        """Volume and state of every lesion of this study's patient over all comparisons."""
        tracks = tracks_of(selectors.person_get(study_uid))
        study_viewed(signed_in_user(request), study_uid)
        return Response(s.TracksSerializer({"tracks": tracks}).data)
