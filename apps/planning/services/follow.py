"""A plan follows its job: to review with its result, or to failed or cancelled."""

from __future__ import annotations

import hashlib
import logging
from typing import Final, cast

from apps.core.errors import ApiError
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.jobs.models import Job
from apps.planning.models import Plan
from apps.planning.result import BYTES_MAX, ResultRefused, brief_checks, result_read
from apps.planning.states import PlanEvent, PlanState, after

RESULT_KEY: Final = "plan-json"
_EVENTS: Final[dict[str, PlanEvent]] = {
    Job.State.SUCCEEDED: "finished",
    Job.State.FAILED: "failed",
    Job.State.CANCELLED: "cancelled",
}

log = logging.getLogger(__name__)


def plan_follow(job: Job) -> Plan | None:
    """The plan of ``job`` as its end leaves it; nothing when the job is not that of a plan. Runs
    in the job's last transaction."""
    plan = Plan.objects.select_for_update().filter(job=job).first() or _retried(job)
    if plan is None or plan.state != Plan.State.PLANNING:
        return plan
    event = _EVENTS[job.state]
    if event == "finished":
        event = _with_result(plan, job)
    else:
        plan.error_code, plan.error_message = job.error_code, job.error_message
    plan.state = after(cast("PlanState", plan.state), event)
    plan.save()
    return plan


def _retried(job: Job) -> Plan | None:
    """A job that is run once more is another plan: what came of the first stays as it is."""
    if job.retry_of_id is None:
        return None
    before = Plan.objects.filter(job_id=job.retry_of_id).first()
    if before is None:
        return None
    return Plan.objects.create(
        study_uid=job.study_uid,
        job=job,
        predecessor=before,
        template=before.template,
        limits=before.limits,
        body=before.body,
        target_roi=before.target_roi,
        inputs=before.inputs,
        created_by=job.created_by,
    )


def _with_result(plan: Plan, job: Job) -> PlanEvent:
    """Keep what was found. A result that cannot be read is no plan to approve."""
    try:
        content = _content(job)
        result = result_read(content)
    except ResultRefused as error:
        log.warning("The result of plan %s was refused (%s).", plan.pk, error.place)
        plan.error_code, plan.error_message = "result_refused", error.user_message
        return "failed"
    plan.result = result
    plan.result_sha256 = hashlib.sha256(content).hexdigest()
    plan.checks = brief_checks(result)
    return "finished"


def _content(job: Job) -> bytes:
    artifact = Artifact.objects.filter(job=job, key=RESULT_KEY).first()
    if artifact is None:
        raise ResultRefused("", "is missing")
    try:
        with artifact_content(artifact).stream as stream:
            content = stream.read(BYTES_MAX + 1)
    except (ApiError, OSError):
        raise ResultRefused("", "is missing") from None
    if len(content) > BYTES_MAX:
        raise ResultRefused("", "is too large")
    return content


def on_job_finishing(job: Job, **_: object) -> None:
    plan_follow(job)
