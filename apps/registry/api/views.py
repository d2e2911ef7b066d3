from __future__ import annotations

import json

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy
from apps.core.errors import ApiError
from apps.registry.api.serializers import CardSerializer, PipelineSerializer
from apps.registry.selectors import card_of, pipeline_offered, pipelines_offered
from ml.api import card_xml

LAYOUTS = ("chai",)
ENCODINGS = ("json", "xml")


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


class CardView(APIView):
    """The model card to download, in the layout of the CHAI Applied Model Card v0.2.

    It is made from the pipeline's own card, its manifest and its metrics files; to the key metrics
    come those of the evaluations that are linked to this version. What nobody has stated reads
    "not stated".
    """

    permission_classes = [Policy("pipeline.view")]

    @extend_schema(
        operation_id="pipelines_card",
        parameters=[
            OpenApiParameter("layout", OpenApiTypes.STR, enum=LAYOUTS, default="chai"),
            OpenApiParameter("encoding", OpenApiTypes.STR, enum=ENCODINGS, default="json"),
        ],
        responses={
            (200, "application/json"): CardSerializer,
            (200, "application/xml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        encoding = _chosen(request, "encoding", ENCODINGS, "json")
        layout = _chosen(request, "layout", LAYOUTS, "chai")
        pipeline = pipeline_offered(name)
        card = card_of(pipeline)
        content = (
            card_xml(card)
            if encoding == "xml"
            else json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        )
        response = HttpResponse(content, content_type=f"application/{encoding}")
        file = f"{pipeline.name}-{pipeline.version}.{layout}.{encoding}"
        response["Content-Disposition"] = f'attachment; filename="{file}"'
        return response


def _chosen(request: Request, parameter: str, known: tuple[str, ...], default: str) -> str:
    asked = request.query_params.get(parameter) or default
    if asked not in known:
        told = ", ".join(known)
        raise ApiError(f"'{parameter}' must be one of {told}.", code=f"{parameter}_unknown")
    return asked
