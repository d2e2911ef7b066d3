"""Evaluation runs: list, import, read, compare, download, delete.

Names of subjects and of files may identify people. They are given to those who may see evaluations,
and never stand in addresses, logs, refusals or the audit trail.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import ml.api
from apps.accounts.policy import Policy, signed_in_user
from apps.evaluation import selectors, services
from apps.evaluation.api import serializers as s
from apps.evaluation.models import EvaluationRun

CONFIRM = OpenApiParameter("X-Confirm", str, OpenApiParameter.HEADER, required=True)


def _shown(request: Request, run: EvaluationRun) -> Any:
    return s.EvaluationSerializer(run, context={"user": request.user}).data


class EvaluationsView(GenericAPIView[EvaluationRun]):
    """Runs of `python -m ml evaluate`, the newest import first."""

    permission_classes = [Policy("evaluation.view", POST="evaluation.import")]
    parser_classes = [MultiPartParser]
    serializer_class = s.EvaluationBriefSerializer
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> QuerySet[EvaluationRun]:
        return EvaluationRun.objects.none()

    @extend_schema(
        operation_id="evaluations_list",
        parameters=[s.EvaluationQuerySerializer],
        responses=s.EvaluationBriefSerializer(many=True),
        filters=True,
    )
    def get(self, request: Request) -> Response:
        asked = s.EvaluationQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = self.paginate_queryset(selectors.runs_found(**asked.validated_data))
        shown = s.EvaluationBriefSerializer(page, many=True, context={"user": request.user})
        return self.get_paginated_response(shown.data)

    @extend_schema(
        operation_id="evaluations_import",
        request={"multipart/form-data": s.EvaluationImportSerializer},
        responses={200: s.EvaluationSerializer, 201: s.EvaluationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import an `evaluation.json`. The same file again is answered with the same run (200).

        It names subjects; these may identify people, so share the file as you would the images.
        """
        asked = s.EvaluationImportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        if file.size > services.BYTES_MAX:
            raise services.too_large()
        imported = services.evaluation_import(
            actor=signed_in_user(request),
            content=file.read(),
            description=_description(asked.validated_data),
        )
        code = status.HTTP_201_CREATED if imported.created else status.HTTP_200_OK
        return Response(_shown(request, selectors.run_get(imported.run.pk)), status=code)


def _description(asked: dict[str, Any]) -> services.Description:
    return services.Description(
        title=asked["title"],
        note=asked["note"],
        pipeline=services.pipeline_to_link(asked["pipeline"], asked["pipeline_version"]),
    )


class EvaluationView(APIView):
    permission_classes = [
        Policy("evaluation.view", PUT="evaluation.import", DELETE="evaluation.delete")
    ]
    parser_classes = [JSONParser]

    @extend_schema(operation_id="evaluations_read", responses=s.EvaluationSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run with its figures, without the values of single subjects."""
        run = selectors.run_get(run_id)
        services.evaluation_viewed(signed_in_user(request), run)
        return Response(_shown(request, run))

    @extend_schema(
        operation_id="evaluations_describe",
        request=s.EvaluationDescriptionSerializer,
        responses=s.EvaluationSerializer,
    )
    def put(self, request: Request, run_id: UUID) -> Response:
        """Title, note and the pipeline that it is an evaluation of; the figures do not change."""
        asked = s.EvaluationDescriptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = services.evaluation_describe(
            actor=signed_in_user(request),
            run=selectors.run_get(run_id),
            description=_description(asked.validated_data),
        )
        return Response(_shown(request, run))

    @extend_schema(operation_id="evaluations_delete", parameters=[CONFIRM], responses={204: None})
    def delete(self, request: Request, run_id: UUID) -> Response:
        """Delete a run for good. The header X-Confirm repeats its id. Researchers delete what they
        imported themselves, administrators any."""
        services.evaluation_delete(
            actor=signed_in_user(request),
            run=selectors.run_get(run_id),
            confirmation=request.headers.get("X-Confirm", ""),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ComparisonView(APIView):
    """b minus a for every figure that both have, with bootstrap intervals over the subjects of
    both. Runs on other data are refused (422, `data_differ`); the message says what differs."""

    permission_classes = [Policy("evaluation.view")]

    @extend_schema(
        operation_id="evaluations_compare",
        parameters=[s.ComparisonQuerySerializer],
        responses=s.ComparisonSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = s.ComparisonQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        first, second = (selectors.run_get(given[name]) for name in ("a", "b"))
        rows = selectors.runs_compared(first, second, given["subgroup"])
        services.evaluation_viewed(signed_in_user(request), first, second)
        return Response({**given, "rows": rows})


class ContentView(APIView):
    """The imported file, byte for byte. It names subjects, which may identify people."""

    permission_classes = [Policy("evaluation.view")]

    @extend_schema(
        operation_id="evaluations_content",
        responses={(200, "application/json"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        run = selectors.run_get(run_id)
        content = selectors.original_of(run)
        return _download(request, run, content, "json", "application/json")


class TableView(APIView):
    """All figures of a run as CSV, without the values of single subjects."""

    permission_classes = [Policy("evaluation.view")]

    @extend_schema(
        operation_id="evaluations_table", responses={(200, "text/csv"): OpenApiTypes.STR}
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        run = selectors.run_get(run_id)
        content = ml.api.evaluation_csv(run.rows).encode()
        return _download(request, run, content, "csv", "text/csv; charset=utf-8")


def _download(
    request: Request | HttpRequest, run: EvaluationRun, content: bytes, form: str, media_type: str
) -> HttpResponse:
    services.evaluation_exported(signed_in_user(request), run, form)
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="evaluation-{run.pk}.{form}"'
    return response
