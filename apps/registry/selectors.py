from __future__ import annotations

from typing import cast

from django.db.models import QuerySet

import ml.api
from apps.core.errors import NotFound, Refused
from apps.registry import extensions
from apps.registry.models import PipelineVersion, State
from ml.contracts.card import ChaiCard

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


def card_of(pipeline: PipelineVersion) -> ChaiCard:
    """The card in the CHAI layout, with what other apps have measured of this version. Raises
    ``NotFound`` (card_missing) where the registry was not brought up to date since an update."""
    if not pipeline.card_chai:
        raise NotFound("The registry is not up to date: run sync_registry.", code="card_missing")
    return ml.api.card_with(cast("ChaiCard", pipeline.card_chai), extensions.figures(pipeline))
