"""Make the draft of a job that ends: what it said so far, however it ended."""

from __future__ import annotations

import hashlib

from django.db import transaction

from apps.inference.models import Artifact
from apps.jobs.models import Job
from apps.jobs.projection import project
from apps.jobs.selectors import envelope
from apps.registry.models import PipelineVersion
from apps.reports.models import Draft, DraftVersion
from apps.reports.sentences import from_message
from apps.reports.tasks import draft_sr_store

SR_KIND = "sr-report"


def draft_build(job: Job) -> Draft | None:
    """The draft, or nothing when the job said no sentence. Runs in the job's last transaction."""
    rows = job.events.order_by("seq")
    state = project((envelope(job.stream, row) for row in rows), job.stream)
    said = [one for one in state["messages"] if one["kind"] == "sentence"]
    finished = [from_message(one) for one in said if one["state"] == "done"]
    if not finished:
        return None
    report = Artifact.objects.filter(job=job, kind=SR_KIND).exclude(sop_instance_uid="").first()
    draft = Draft.objects.create(
        job=job,
        study_uid=job.study_uid,
        series_uid=next(iter(job.inputs.values()), ""),
        pipeline=job.pipeline,
        pipeline_version=job.version,
        weights_sha256=_weights_digest(job),
        incomplete=job.incomplete or len(finished) < len(said),
        sentences=finished,
        sr_version=1 if report else 0,
        sr_series_uid=report.series_uid if report else "",
        sr_sop_instance_uid=report.sop_instance_uid if report else "",
    )
    DraftVersion.objects.create(
        draft=draft,
        version=1,
        sentences=finished,
        author=None,
        sr_sop_instance_uid=draft.sr_sop_instance_uid,
    )
    return draft


def _weights_digest(job: Job) -> str:
    """One digest for the weights that served: the file's own, or that of their sorted list."""
    version = PipelineVersion.objects.filter(name=job.pipeline, version=job.version).first()
    files = version.weights.order_by("name").values_list("sha256", flat=True) if version else []
    digests = list(files)
    if len(digests) <= 1:
        return next(iter(digests), "")
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def on_job_finishing(job: Job, **_: object) -> None:
    draft = draft_build(job)
    if draft is not None and draft.sr_version < draft.version:
        transaction.on_commit(lambda: draft_sr_store.delay(str(draft.pk)), robust=True)
