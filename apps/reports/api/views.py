from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.accounts.policy import Policy
from apps.audit.services import audit_record
from apps.core.errors import NotFound
from apps.pacs.trail import study_viewed
from apps.reports.api.serializers import (
    DraftEditSerializer,
    DraftSerializer,
    DraftVersionSerializer,
)
from apps.reports.models import Draft, DraftVersion
from apps.reports.services.edit import draft_edit


def _draft(draft_id: UUID) -> Draft:
    draft = Draft.objects.select_related("updated_by").filter(pk=draft_id).first()
    if draft is None:
        raise NotFound("There is no such draft.")
    return draft


class DraftsView(GenericAPIView[Draft]):
    permission_classes = [Policy("draft.view")]
    serializer_class = DraftSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="drafts_list",
        parameters=[OpenApiParameter("study_uid", OpenApiTypes.STR)],
        responses=DraftSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        drafts = Draft.objects.select_related("updated_by")
        if study_uid := request.query_params.get("study_uid"):
            drafts = drafts.filter(study_uid=study_uid)
        page = self.paginate_queryset(drafts)
        if study_uid and page:
            study_viewed(request.user, study_uid)
        return self.get_paginated_response(DraftSerializer(page, many=True).data)


class DraftView(APIView):
    permission_classes = [Policy("draft.view", PATCH="draft.edit")]

    @extend_schema(operation_id="drafts_read", responses=DraftSerializer)
    def get(self, request: Request, draft_id: UUID) -> Response:
        draft = _draft(draft_id)
        self.check_object_permissions(request, draft)
        audit_record(
            actor=request.user,
            action="draft.view",
            object_type="draft",
            object_id=draft.pk,
            study_uid=draft.study_uid,
            detail={"version": draft.version},
        )
        return Response(DraftSerializer(draft).data)

    @extend_schema(
        operation_id="drafts_edit", request=DraftEditSerializer, responses=DraftSerializer
    )
    def patch(self, request: Request, draft_id: UUID) -> Response:
        """The whole list of sentences as it should be. What is left out is removed, not lost."""
        asked = DraftEditSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        draft_edit(draft_id, user=cast("User", request.user), **asked.validated_data)
        return Response(DraftSerializer(_draft(draft_id)).data)


class DraftVersionsView(GenericAPIView[DraftVersion]):
    permission_classes = [Policy("draft.view")]
    serializer_class = DraftVersionSerializer
    ordering = ("-version",)

    @extend_schema(operation_id="drafts_versions", responses=DraftVersionSerializer(many=True))
    def get(self, request: Request, draft_id: UUID) -> Response:
        draft = _draft(draft_id)
        page = self.paginate_queryset(draft.versions.select_related("author"))
        study_viewed(request.user, draft.study_uid)
        return self.get_paginated_response(DraftVersionSerializer(page, many=True).data)
