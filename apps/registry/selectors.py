from __future__ import annotations

from django.db.models import QuerySet

from apps.core.errors import NotFound, Refused
from apps.registry.models import PipelineVersion, State

REASONS = {
    State.WEIGHTS_MISSING: ("weights_missing", "Its weights are not installed."),
    State.DIGEST_MISMATCH: (
        "weights_digest_mismatch",
        "Its weights are not the ones that its manifest names.",
    ),
}


def pipelines_offered() -> QuerySet[PipelineVersion]:
    """The installed version of every pipeline, also those that are off or cannot run."""
    return (
        PipelineVersion.objects.exclude(state=State.WITHDRAWN)
        .prefetch_related("weights")
        .order_by("name")
    )


def pipeline_offered(name: str) -> PipelineVersion:
    """The installed version of one pipeline. Raises ``NotFound`` (unknown_pipeline)."""
    found = pipelines_offered().filter(name=name).first()
    if found is None:
        raise NotFound("There is no such pipeline.", code="unknown_pipeline")
    return found


def pipeline_served(name: str) -> PipelineVersion:
    """The version that serves a new job. Raises ``NotFound``, or ``Refused`` with the reason why
    it cannot serve: pipeline_disabled, weights_missing, weights_digest_mismatch."""
    found = pipeline_offered(name)
    if not found.enabled:
        raise Refused("An administrator has switched this off.", code="pipeline_disabled")
    if found.state != State.AVAILABLE:
        code, reason = REASONS[State(found.state)]
        raise Refused(reason, code=code)
    return found
