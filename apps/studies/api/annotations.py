"""Measurements on a study."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.pacs.trail import study_viewed
from apps.studies import selectors, services
from apps.studies.api import serializers as s
from apps.studies.api.shapes import annotation_shown


class AnnotationsView(APIView):
    permission_classes = [Policy("study.view", POST="annotation.edit")]
    pagination_class = None

    @extend_schema(operation_id="annotations_list", responses=s.AnnotationSerializer(many=True))
    def get(self, request: Request, study_uid: str) -> Response:
        selectors.study_get(study_uid)
        study_viewed(signed_in_user(request), study_uid)
        return Response([annotation_shown(row) for row in selectors.annotations_of(study_uid)])

    @extend_schema(
        operation_id="annotations_create",
        request=s.AnnotationWriteSerializer,
        responses={201: s.AnnotationSerializer},
    )
    def post(self, request: Request, study_uid: str) -> Response:
        sent = s.AnnotationWriteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = services.annotation_create(
            author=signed_in_user(request), study_uid=study_uid, values=sent.validated_data
        )
        return Response(annotation_shown(made), status=status.HTTP_201_CREATED)


class AnnotationView(APIView):
    permission_classes = [Policy("annotation.edit")]

    @extend_schema(
        operation_id="annotations_update",
        request=s.AnnotationUpdateSerializer,
        responses=s.AnnotationSerializer,
    )
    def put(self, request: Request, annotation_id: UUID) -> Response:
        """Change a measurement. `version` is the one that was read; another one is a conflict."""
        sent = s.AnnotationUpdateSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        version = values.pop("version")
        changed = services.annotation_update(
            editor=signed_in_user(request),
            annotation_id=annotation_id,
            version=version,
            values=values,
        )
        return Response(annotation_shown(changed))

    @extend_schema(operation_id="annotations_delete", responses={204: None})
    def delete(self, request: Request, annotation_id: UUID) -> Response:
        services.annotation_delete(editor=signed_in_user(request), annotation_id=annotation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
