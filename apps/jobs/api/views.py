from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.accounts.policy import Policy, require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, NotFound
from apps.jobs.api.serializers import EventsSerializer, JobSerializer
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_shown, stream_page
from apps.jobs.services.cancel import job_cancel

WAIT_MAX_S = 25.0


def job_or_404(job_id: UUID) -> Job:
    job = jobs_shown().filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    return job


class JobView(APIView):
    permission_classes = [Policy("job.view")]

    @extend_schema(operation_id="jobs_read", responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        job = job_or_404(job_id)
        self.check_object_permissions(request, job)
        return Response(JobSerializer(job).data)


class JobCancelView(APIView):
    """Ask a job to stop. A running one ends within two seconds; what it has made is kept."""

    permission_classes = [Policy("job.cancel")]

    @extend_schema(operation_id="jobs_cancel", request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = job_or_404(job_id)
        self.check_object_permissions(request, job)
        if not job.is_finished:
            job_cancel(job_id)
            audit_record(
                actor=request.user,
                action="job.cancel",
                object_type="job",
                object_id=job.pk,
                study_uid=job.study_uid,
            )
        return Response(JobSerializer(job_or_404(job_id)).data)


def _number(request: Request, name: str, high: float) -> float:
    text = request.query_params.get(name, "0")
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= high:
        raise ApiError(f"'{name}' must be a number from 0 to {high:g}.", code="validation_failed")
    return number


class JobEventsView(APIView):
    """The rows of the job's stream after a cursor, for programs and where sockets are cut."""

    permission_classes = [Policy("job.view")]

    @extend_schema(
        operation_id="jobs_events",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="The last seq you have."),
            OpenApiParameter(
                "wait",
                OpenApiTypes.NUMBER,
                description="Seconds to wait for an event when there is none yet, at most 25.",
            ),
            OpenApiParameter("epoch", OpenApiTypes.STR, description="The epoch you have it from."),
        ],
        responses=EventsSerializer,
    )
    def get(self, request: Request, job_id: UUID) -> Response:
        _number(request, "wait", WAIT_MAX_S)
        after = int(_number(request, "after", 2**31 - 1))
        job = job_or_404(job_id)
        require(cast("User", request.user), "job.view", job)
        page = stream_page(job_id, after=after, epoch=request.query_params.get("epoch") or None)
        if page is None:
            raise NotFound("There is no such job.")
        answer = {
            "epoch": page.epoch,
            "head": page.head,
            "finished": page.finished,
            "events": page.events,
        }
        if page.snapshot is not None:
            answer["reset"] = {"seq": page.snapshot["seq"], "snapshot": page.snapshot}
        # The rows are JSON already; running them through a serializer would only cost time.
        return Response(answer)
