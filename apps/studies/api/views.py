"""Studies and series: the list, one study, one series."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.pacs.trail import study_viewed
from apps.studies import extensions, selectors, services
from apps.studies.api import serializers as s
from apps.studies.api import shapes
from apps.studies.header import instance_header
from apps.studies.models import Study


class StudiesView(GenericAPIView[Study]):
    """The study list."""

    permission_classes = [Policy("study.view")]
    serializer_class = s.StudySerializer

    def get_queryset(self) -> QuerySet[Study]:
        return Study.objects.none()

    def get_ordering(self) -> tuple[str, ...]:
        return selectors.SORTS[self.request.query_params.get("sort") or selectors.SORT_DEFAULT]

    @extend_schema(
        operation_id="studies_list",
        parameters=[s.StudyQuerySerializer],
        responses=s.StudySerializer(many=True),
        filters=True,
    )
    def get(self, request: Request) -> Response:
        asked = s.StudyQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given: dict[str, Any] = asked.validated_data
        found = selectors.studies_found(
            query=given["q"],
            modality=given["modality"],
            date_from=given["date_from"],
            date_to=given["date_to"],
        )
        page = self.paginate_queryset(found)
        return self.get_paginated_response(shapes.studies_shown(page or []))


class StudyView(APIView):
    permission_classes = [Policy("study.view", DELETE="study.delete")]

    @extend_schema(operation_id="studies_read", responses=s.StudyDetailSerializer)
    def get(self, request: Request, study_uid: str) -> Response:
        """One study with its series, its priors, its jobs and drafts."""
        study = selectors.study_get(study_uid)
        study_viewed(signed_in_user(request), study_uid)
        (shown,) = shapes.studies_shown([study])
        series = [shapes.series_shown(row) for row in selectors.series_of(study)]
        priors = shapes.studies_shown(selectors.priors_of(study))
        return Response(
            {**shown, "series": series, "priors": priors, **extensions.details(study_uid)}
        )

    @extend_schema(
        operation_id="studies_delete",
        parameters=[OpenApiParameter("X-Confirm", str, OpenApiParameter.HEADER, required=True)],
        responses={204: None},
    )
    def delete(self, request: Request, study_uid: str) -> Response:
        """Delete a study for good. The header X-Confirm repeats its UID."""
        services.study_delete(
            actor=signed_in_user(request),
            study_uid=study_uid,
            confirmation=request.headers.get("X-Confirm", ""),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class SeriesView(APIView):
    permission_classes = [Policy("study.view")]

    @extend_schema(operation_id="series_read", responses=s.SeriesSerializer)
    def get(self, request: Request, series_uid: str) -> Response:
        return Response(shapes.series_shown(selectors.series_get(series_uid)))


class InstancesView(APIView):
    """The instances of a series in slice order."""

    permission_classes = [Policy("study.view")]
    pagination_class = None

    @extend_schema(operation_id="series_instances", responses=s.InstanceSerializer(many=True))
    def get(self, request: Request, series_uid: str) -> Response:
        series = selectors.series_get(series_uid)
        layout = selectors.layout_get(series)
        study_viewed(signed_in_user(request), series.study.study_uid)
        return Response(shapes.instances_shown(layout))


class GeometryView(APIView):
    """The grid in which a series is drawn as a volume, and the instance of each slice."""

    permission_classes = [Policy("study.view")]

    @extend_schema(operation_id="series_geometry", responses=s.GridSerializer)
    def get(self, request: Request, series_uid: str) -> Response:
        series = selectors.series_get(series_uid)
        layout = selectors.layout_get(series)
        study_viewed(signed_in_user(request), series.study.study_uid)
        return Response(shapes.geometry_shown(series, layout))


class HeaderView(APIView):
    """Every element of an instance but its pixels."""

    permission_classes = [Policy("study.view")]

    @extend_schema(operation_id="instance_header", responses=s.HeaderElementSerializer(many=True))
    def get(self, request: Request, sop_instance_uid: str) -> Response:
        shown = instance_header(sop_instance_uid)
        study_uid = next(row["value"] for row in shown if row["keyword"] == "StudyInstanceUID")
        study_viewed(signed_in_user(request), study_uid)
        return Response(shown)
