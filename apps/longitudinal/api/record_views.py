"""How often each model was right on this site's patients."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy
from apps.longitudinal.api.lesions import TrackRecordSerializer
from apps.longitudinal.records import records_of


class TrackRecordsView(APIView):
    permission_classes = [Policy("followup.view")]
    pagination_class = None

    @extend_schema(operation_id="track_records_list", responses=TrackRecordSerializer(many=True))
    def get(self, request: Request) -> Response:
        """One row for each version of a model that has made predictions, the newest first."""
        return Response(TrackRecordSerializer(records_of(), many=True).data)


class TrackRecordView(APIView):
    permission_classes = [Policy("followup.view")]
    pagination_class = None

    @extend_schema(operation_id="track_records_read", responses=TrackRecordSerializer(many=True))
    def get(self, request: Request, pipeline: str) -> Response:
        """The same, of one pipeline. Empty where none of its predictions was made here."""
        return Response(TrackRecordSerializer(records_of(pipeline), many=True).data)
