from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.accounts.policy import Policy, require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, Conflict, NotFound
from apps.core.idempotency import HEADER
from apps.inference.api.serializers import (
    ArtifactSerializer,
    EligibilitySerializer,
    JobCreateSerializer,
    JobRetrySerializer,
)
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.inference.request import inference_request, series_reasons
from apps.jobs.api.serializers import JobSerializer
from apps.jobs.api.views import job_or_404
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_shown

KEY_PARAMETER = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same key with the same body makes one job, however often it is sent.",
)


def _user(request: Request) -> User:
    return cast("User", request.user)


class JobsView(GenericAPIView[Job]):
    permission_classes = [Policy("job.view", POST="job.run")]
    serializer_class = JobSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="jobs_list",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Job.State.values, many=True),
            OpenApiParameter("study_uid", OpenApiTypes.STR),
        ],
        responses=JobSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        jobs = jobs_shown()
        if states := request.query_params.getlist("state"):
            if unknown := set(states) - set(Job.State.values):
                raise ApiError(f"There is no state {min(unknown)!r}.", code="state_unknown")
            jobs = jobs.filter(state__in=states)
        if study_uid := request.query_params.get("study_uid"):
            jobs = jobs.filter(study_uid=study_uid)
        page = self.paginate_queryset(jobs)
        return self.get_paginated_response(JobSerializer(page, many=True).data)

    @extend_schema(
        operation_id="jobs_create",
        parameters=[KEY_PARAMETER],
        request=JobCreateSerializer,
        responses={200: JobSerializer, 201: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = JobCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job, created = inference_request(
            user=_user(request),
            idempotency_key=request.headers.get(HEADER, ""),
            **asked.validated_data,
        )
        return Response(JobSerializer(job_or_404(job.pk)).data, status=201 if created else 200)


class JobRetryView(APIView):
    """The same request once more, as a new job; what it asks for is checked as if it were new."""

    permission_classes = [Policy("job.run")]

    @extend_schema(
        operation_id="jobs_retry",
        parameters=[KEY_PARAMETER],
        request=JobRetrySerializer,
        responses={200: JobSerializer, 201: JobSerializer},
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """The same once more; with a reason also on an image that the gate held back."""
        asked = JobRetrySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = job_or_404(job_id)
        self.check_object_permissions(request, job)
        if not job.is_finished:
            raise Conflict("This job has not ended yet.", code="job_not_finished")
        again, created = inference_request(
            user=_user(request),
            pipeline=job.pipeline,
            inputs=job.inputs,
            params=job.params,
            idempotency_key=request.headers.get(HEADER, ""),
            override_reason=asked.validated_data["override_reason"] or job.override_reason,
            retry_of=job,
        )
        return Response(JobSerializer(job_or_404(again.pk)).data, status=201 if created else 200)


class JobCapsuleView(APIView):
    """Everything needed to repeat a run: inputs and digests, versions, weights, seed, timings."""

    permission_classes = [Policy("artifact.export")]

    @extend_schema(operation_id="jobs_capsule", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        job = Job.objects.filter(pk=job_id).first()
        if job is None or job.result is None:
            raise NotFound("This job has left no capsule.")
        require(request.user, "job.view", job)
        _audit_export(request, "job", job.pk, job.study_uid)
        capsule = {
            "job": str(job.pk),
            "study_uid": job.study_uid,
            "asked": job.inputs,
            **job.result,
        }
        response = HttpResponse(
            json.dumps(capsule, indent=1, ensure_ascii=False), content_type="application/json"
        )
        response["Content-Disposition"] = f'attachment; filename="capsule-{job.pk}.json"'
        return response


class EligibilityView(APIView):
    """Would this pipeline take this series? Every reason against it is told."""

    permission_classes = [Policy("pipeline.view")]

    @extend_schema(
        operation_id="pipelines_eligibility",
        parameters=[
            OpenApiParameter("series_uid", OpenApiTypes.STR, required=True),
            OpenApiParameter("input", OpenApiTypes.STR, description="Else the first input."),
        ],
        responses=EligibilitySerializer,
    )
    def get(self, request: Request, name: str) -> Response:
        require(request.user, "study.view")
        reasons = series_reasons(
            name,
            request.query_params.get("series_uid", ""),
            input_name=request.query_params.get("input"),
        )
        told = [{"code": reason.code, "message": reason.message} for reason in reasons]
        return Response({"ok": not told, "reasons": told})


class ArtifactsView(GenericAPIView[Artifact]):
    permission_classes = [Policy("job.view")]
    serializer_class = ArtifactSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="artifacts_list",
        parameters=[
            OpenApiParameter("job", OpenApiTypes.UUID),
            OpenApiParameter("study_uid", OpenApiTypes.STR),
        ],
        responses=ArtifactSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        artifacts = Artifact.objects.select_related("job").defer("job__result", "job__snapshot")
        if job := request.query_params.get("job"):
            artifacts = artifacts.filter(job_id=_uuid(job))
        if study_uid := request.query_params.get("study_uid"):
            artifacts = artifacts.filter(job__study_uid=study_uid)
        page = self.paginate_queryset(artifacts)
        return self.get_paginated_response(ArtifactSerializer(page, many=True).data)


class ArtifactView(APIView):
    permission_classes = [Policy("job.view")]

    @extend_schema(operation_id="artifacts_read", responses=ArtifactSerializer)
    def get(self, request: Request, artifact_id: UUID) -> Response:
        return Response(ArtifactSerializer(_artifact(artifact_id)).data)


class ArtifactContentView(APIView):
    """The file itself. Each export leaves an audit row."""

    permission_classes = [Policy("artifact.export")]

    @extend_schema(
        operation_id="artifacts_content",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, artifact_id: UUID) -> FileResponse:
        artifact = _artifact(artifact_id)
        require(request.user, "job.view", artifact.job)
        content = artifact_content(artifact)
        _audit_export(request, "artifact", artifact.pk, artifact.job.study_uid)
        response = FileResponse(
            content.stream,
            as_attachment=True,
            filename=content.name,
            content_type=content.media_type,
        )
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ApiError("'job' must be the id of a job.", code="validation_failed") from None


def _artifact(artifact_id: UUID) -> Artifact:
    artifact = Artifact.objects.select_related("job").filter(pk=artifact_id).first()
    if artifact is None:
        raise NotFound("There is no such artefact.")
    return artifact


def _audit_export(request: Request, object_type: str, object_id: Any, study_uid: str) -> None:
    audit_record(
        actor=request.user,
        action="artifact.export",
        object_type=object_type,
        object_id=object_id,
        study_uid=study_uid,
    )
