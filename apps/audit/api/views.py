from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.policy import Policy
from apps.audit.api.serializers import AuditEntrySerializer
from apps.audit.models import AuditEntry
from apps.audit.selectors import audit_entries

FILTERS = ("action", "actor", "study_uid", "object_id")


class AuditView(ListAPIView[AuditEntry]):
    """The audit trail, newest first."""

    permission_classes = [Policy("audit.view")]
    serializer_class = AuditEntrySerializer
    ordering = ("-seq",)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        asked = self.request.query_params
        return audit_entries(**{name: asked.get(name, "") for name in FILTERS})

    @extend_schema(
        operation_id="audit_list", parameters=[OpenApiParameter(name, str) for name in FILTERS]
    )
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().get(request, *args, **kwargs)
