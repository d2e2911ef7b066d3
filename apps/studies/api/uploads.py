"""Uploads from the browser: files, folders and zip archives in one multipart request."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.core.errors import problem_body
from apps.studies.api import serializers as s
from apps.studies.uploads.folder import FolderFile, new_upload
from apps.studies.uploads.take import taken_shown, upload_take


class UploadsView(APIView):
    permission_classes = [Policy(POST="study.upload")]
    parser_classes = [MultiPartParser]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # Before anything looks at the body: the check of the CSRF token already would.
        self.upload_id, self.handler = new_upload()
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="uploads_create",
        request={"multipart/form-data": s.UploadRequestSerializer},
        responses={201: s.UploadSerializer, 422: s.UploadSerializer},
    )
    def post(self, request: Request) -> Response:
        """Store DICOM files. What is refused is named with a reason; all else is kept."""
        files = [file for _, found in request.FILES.lists() for file in found]
        taken = upload_take(
            actor=signed_in_user(request),
            upload_id=self.upload_id,
            folder=self.handler.folder,
            files=[file for file in files if isinstance(file, FolderFile)],
        )
        body = taken_shown(taken)
        if taken.stored:
            return Response(body, status=status.HTTP_201_CREATED)
        told = problem_body(
            status=422, code="nothing_stored", detail="No file of this upload could be stored."
        )
        return Response({**told, **body}, status=status.HTTP_422_UNPROCESSABLE_ENTITY)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        self.handler.remove()
        return super().finalize_response(request, response, *args, **kwargs)
