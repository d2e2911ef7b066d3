"""Voxels in bulk: the volume of a series, and the labels of a segmentation."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.pacs.trail import study_viewed
from apps.studies import selectors
from apps.studies.api import serializers as s
from apps.studies.segments import labelmap_of, segments_of
from apps.studies.volume import volume_plan, volume_stream

OCTETS = "application/octet-stream"
_BINARY = {(200, OCTETS): OpenApiTypes.BINARY}


class VolumeView(APIView):
    permission_classes = [Policy("study.view")]

    @extend_schema(operation_id="series_volume", responses=_BINARY)
    def get(self, request: Request, series_uid: str) -> HttpResponseBase:
        """The voxels of a regular series: little endian, slice after slice in the order of
        `/geometry`, rescale slope and intercept not applied."""
        series = selectors.series_get(series_uid)
        plan = volume_plan(series, selectors.layout_get(series))
        study_viewed(signed_in_user(request), series.study.study_uid)
        if request.headers.get("If-None-Match") == plan.etag:
            return HttpResponseNotModified(headers={"ETag": plan.etag})
        return octets_sent(
            StreamingHttpResponse(volume_stream(plan), content_type=OCTETS), plan.length, plan.etag
        )


class SegmentsView(APIView):
    """The segments of a segmentation."""

    permission_classes = [Policy("study.view")]
    pagination_class = None

    @extend_schema(operation_id="series_segments", responses=s.SegmentSerializer(many=True))
    def get(self, request: Request, series_uid: str) -> Response:
        series = selectors.series_get(series_uid)
        segments = segments_of(series)
        study_viewed(signed_in_user(request), series.study.study_uid)
        return Response(segments)


class LabelmapView(APIView):
    permission_classes = [Policy("study.view")]

    @extend_schema(operation_id="series_labelmap", responses=_BINARY)
    def get(self, request: Request, series_uid: str) -> HttpResponseBase:
        """One label (uint16, little endian) for each voxel of the volume of the series that the
        header X-Referenced-Series names."""
        series = selectors.series_get(series_uid)
        labelmap = labelmap_of(series)
        study_viewed(signed_in_user(request), series.study.study_uid)
        if request.headers.get("If-None-Match") == labelmap.etag:
            return HttpResponseNotModified(headers={"ETag": labelmap.etag})
        size = labelmap.voxels.stat().st_size
        response = octets_sent(
            HttpResponse(labelmap.voxels.read_bytes(), content_type=OCTETS), size, labelmap.etag
        )
        response["X-Referenced-Series"] = labelmap.image_uid
        return response


def octets_sent(response: HttpResponseBase, length: int, etag: str) -> HttpResponseBase:
    response["Content-Length"] = str(length)
    response["ETag"] = etag
    # The browser may keep it, nobody between, and it asks each time whether it is still so.
    response["Cache-Control"] = "private, no-cache"
    return response
