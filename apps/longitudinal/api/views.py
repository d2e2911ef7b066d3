"""The timeline, treatments, and what is asked for: comparisons and predictions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.core.idempotency import HEADER
from apps.inference.api.views import KEY_PARAMETER
from apps.longitudinal import selectors
from apps.longitudinal.api import serializers as s
from apps.longitudinal.models import Comparison, Prediction
from apps.longitudinal.services import comparisons, predictions, treatments
from apps.longitudinal.timeline import timeline_of
from apps.pacs.trail import study_viewed


def _key(request: Request) -> str:
    return request.headers.get(HEADER, "")


class TimelineView(APIView):
    permission_classes = [Policy("followup.view")]

    @extend_schema(operation_id="timeline_read", responses=s.TimelineSerializer)
    def get(self, request: Request, study_uid: str) -> Response:
        """All studies of this study's patient, with treatments, comparisons and predictions."""
        timeline = timeline_of(study_uid)
        study_viewed(signed_in_user(request), study_uid)
        return Response(s.TimelineSerializer(timeline).data)


class TreatmentsView(APIView):
    permission_classes = [Policy("followup.view", POST="followup.treat")]
    pagination_class = None

    @extend_schema(operation_id="treatments_list", responses=s.TreatmentSerializer(many=True))
    def get(self, request: Request, study_uid: str) -> Response:
        found = selectors.treatments_of(selectors.person_get(study_uid))
        study_viewed(signed_in_user(request), study_uid)
        return Response(s.TreatmentSerializer(found, many=True).data)

    @extend_schema(
        operation_id="treatments_create",
        parameters=[KEY_PARAMETER],
        request=s.TreatmentWriteSerializer,
        responses={200: s.TreatmentSerializer, 201: s.TreatmentSerializer},
    )
    def post(self, request: Request, study_uid: str) -> Response:
        asked = s.TreatmentWriteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made, created = treatments.treatment_create(
            user=signed_in_user(request),
            study_uid=study_uid,
            idempotency_key=_key(request),
            **asked.validated_data,
        )
        return Response(s.TreatmentSerializer(made).data, status=201 if created else 200)


class TreatmentView(APIView):
    permission_classes = [Policy(PATCH="followup.treat", DELETE="followup.treat")]

    @extend_schema(
        operation_id="treatments_update",
        request=s.TreatmentChangeSerializer,
        responses=s.TreatmentSerializer,
    )
    def patch(self, request: Request, treatment_id: UUID) -> Response:
        asked = s.TreatmentChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = treatments.treatment_update(
            user=signed_in_user(request), treatment_id=treatment_id, values=asked.validated_data
        )
        return Response(s.TreatmentSerializer(changed).data)

    @extend_schema(operation_id="treatments_delete", responses={204: None})
    def delete(self, request: Request, treatment_id: UUID) -> Response:
        treatments.treatment_delete(user=signed_in_user(request), treatment_id=treatment_id)
        return Response(status=204)


class ComparisonsView(GenericAPIView[Comparison]):
    permission_classes = [Policy("followup.view", POST="followup.run")]
    serializer_class = s.ComparisonBriefSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="followup_comparisons_list",
        parameters=[s.OfStudyQuerySerializer],
        responses=s.ComparisonBriefSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        found = selectors.comparisons_found(person=_person_asked(request))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(s.ComparisonBriefSerializer(page, many=True).data)

    @extend_schema(
        operation_id="followup_comparisons_create",
        parameters=[KEY_PARAMETER],
        request=s.ComparisonCreateSerializer,
        responses={200: s.ComparisonBriefSerializer, 201: s.ComparisonBriefSerializer},
    )
    def post(self, request: Request) -> Response:
        """Queue the run that compares two images. Refused with every reason in `errors`:
        `same_series`, `different_patient`, `different_body_part`, `modality_mismatch`,
        `reversed_order`, `synthetic_input`. Missing or equal dates are warned of."""
        asked = s.ComparisonCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made, created = comparisons.comparison_create(
            user=signed_in_user(request), idempotency_key=_key(request), **asked.validated_data
        )
        shown = s.ComparisonBriefSerializer(selectors.comparisons_found().get(pk=made.pk))
        return Response(shown.data, status=201 if created else 200)


class PredictionsView(GenericAPIView[Prediction]):
    permission_classes = [Policy("followup.view", POST="followup.run")]
    serializer_class = s.PredictionBriefSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="predictions_list",
        parameters=[s.OfStudyQuerySerializer],
        responses=s.PredictionBriefSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.predictions_found(person=_person_asked(request)))
        return self.get_paginated_response(s.PredictionBriefSerializer(page, many=True).data)

    @extend_schema(
        operation_id="predictions_create",
        parameters=[KEY_PARAMETER],
        request=s.PredictionCreateSerializer,
        responses={200: s.PredictionBriefSerializer, 201: s.PredictionBriefSerializer},
    )
    def post(self, request: Request) -> Response:
        """Queue the run that predicts a follow-up scan. Refused as comparisons are; the prior must
        be the earlier of the two."""
        asked = s.PredictionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made, created = predictions.prediction_create(
            user=signed_in_user(request), idempotency_key=_key(request), **asked.validated_data
        )
        shown = s.PredictionBriefSerializer(selectors.predictions_found().get(pk=made.pk))
        return Response(shown.data, status=201 if created else 200)


class PredictionView(APIView):
    permission_classes = [Policy("followup.view")]

    @extend_schema(operation_id="predictions_read", responses=s.PredictionSerializer)
    def get(self, request: Request, prediction_id: UUID) -> Response:
        prediction = selectors.prediction_get(prediction_id)
        study_viewed(signed_in_user(request), prediction.base_study_uid)
        return Response(s.PredictionSerializer(prediction).data)


def _person_asked(request: Request) -> selectors.Person | None:
    """Whose rows are asked for; nothing for everybody's."""
    asked = s.OfStudyQuerySerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    given: dict[str, Any] = asked.validated_data
    if not given["study_uid"]:
        return None
    person = selectors.person_get(given["study_uid"])
    study_viewed(signed_in_user(request), given["study_uid"])
    return person
