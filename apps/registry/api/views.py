from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy
from apps.registry.api.serializers import PipelineSerializer
from apps.registry.selectors import pipeline_offered, pipelines_offered


class PipelinesView(APIView):
    """What a person can run here."""

    permission_classes = [Policy("pipeline.view")]

    @extend_schema(operation_id="pipelines_list", responses=PipelineSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(PipelineSerializer(pipelines_offered(), many=True).data)


class PipelineView(APIView):
    permission_classes = [Policy("pipeline.view")]

    @extend_schema(operation_id="pipelines_read", responses=PipelineSerializer)
    def get(self, request: Request, name: str) -> Response:
        return Response(PipelineSerializer(pipeline_offered(name)).data)
