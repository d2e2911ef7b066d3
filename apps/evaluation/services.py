"""Importing, describing and deleting evaluation runs. No subject is named in trail or refusals."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import IntegrityError, transaction

import ml.api
from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, NotFound, Refused
from apps.evaluation.models import NAME_MAX, TASK_MAX, EvaluationRun
from apps.registry.models import PipelineVersion, State
from ml.contracts.evaluation import SCHEMA, EvaluationResult, ResultRefused

# Some thousand figures of some hundred subjects stay far below.
BYTES_MAX = 6 * 1024**2
ROWS_MAX = 5000
_SEED_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    run: EvaluationRun
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a person says of a run; the file itself says nothing of it."""

    title: str = ""
    note: str = ""
    pipeline: PipelineVersion | None = None


def evaluation_import(
    *, actor: User | None, content: bytes, description: Description | None = None
) -> Imported:
    """Keep an ``evaluation.json``. The same file again gives the same run, whoever sends it.

    ``actor`` is nothing when the system itself imports. Raises ``ApiError``: evaluation_too_large
    (413), evaluation_not_json, evaluation_wrong_schema (422, with the place in ``errors``).
    """
    if actor is not None:
        require(actor, "evaluation.import")
    if len(content) > BYTES_MAX:
        raise too_large()
    sha256 = hashlib.sha256(content).hexdigest()
    known = EvaluationRun.objects.filter(sha256=sha256).first()
    if known is not None:
        return Imported(run=known, created=False)
    result = _read(content)
    try:
        with transaction.atomic():
            run = _create(actor, content, sha256, result, description or Description())
            detail = {"task": run.task, "sha256": sha256, "data_sha256": run.data_sha256}
            _trail(actor, "evaluation.import", run, detail)
    except IntegrityError:
        # Another request with the same file came first.
        return Imported(run=EvaluationRun.objects.get(sha256=sha256), created=False)
    return Imported(run=run, created=True)


def too_large() -> ApiError:
    told = f"An evaluation has at most {BYTES_MAX // 1024**2} MiB and {ROWS_MAX} rows."
    return ApiError(told, code="evaluation_too_large", status=413)


def _read(content: bytes) -> EvaluationResult:
    try:
        result = ml.api.evaluation_read(content)
    except ResultRefused as error:
        code = f"evaluation_{error.kind}"
        errors = {"place": error.place} if error.place else None
        raise Refused(error.user_message, code=code, errors=errors) from error
    if len(result["rows"]) > ROWS_MAX:
        raise too_large()
    for place, text, most in (
        ("task", result["task"], TASK_MAX),
        ("data.name", result["data"]["name"], NAME_MAX),
        ("prediction.name", result["prediction"]["name"], NAME_MAX),
    ):
        if len(text) > most:
            raise _wrong(place, f"has more than {most} characters")
    if not -_SEED_MAX <= result["seed"] <= _SEED_MAX:
        raise _wrong("seed", "is too large a number")
    return result


def _measured_at(result: EvaluationResult) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(result["created"])
    except ValueError as error:
        raise _wrong("created", "is not a moment in time") from error


def _wrong(place: str, rule: str) -> Refused:
    return Refused(
        f"The file is not an evaluation ({SCHEMA}): {place} {rule}.",
        code="evaluation_wrong_schema",
        errors={"place": place},
    )


def _create(
    actor: User | None,
    content: bytes,
    sha256: str,
    result: EvaluationResult,
    description: Description,
) -> EvaluationRun:
    return EvaluationRun.objects.create(
        sha256=sha256,
        original=content,
        task=result["task"],
        measured_at=_measured_at(result),
        command=result["command"],
        complete=result["complete"],
        problems=result["problems"],
        problem_count=len(result["problems"]),
        data_name=result["data"]["name"],
        data_sha256=result["data"]["sha256"],
        data_kind=result["data_kind"],
        prediction_name=result["prediction"]["name"],
        prediction_sha256=result["prediction"]["sha256"],
        settings=result["settings"],
        networks=result["networks"],
        software=result["software"],
        seed=result["seed"],
        rows=result["rows"],
        subject_count=len(result["subjects"]),
        title=description.title,
        note=description.note,
        pipeline=description.pipeline,
        created_by=actor,
    )


def pipeline_to_link(name: str, version: str = "") -> PipelineVersion | None:
    """The registry's version that an evaluation is of: the one named, else the installed one.
    Nothing for no name; raises ``NotFound`` (unknown_pipeline)."""
    if not name:
        return None
    versions = PipelineVersion.objects.filter(name=name)
    if version:
        versions = versions.filter(version=version)
    else:
        versions = versions.exclude(state=State.WITHDRAWN)
    found = versions.order_by("-created_at").first()
    if found is None:
        raise NotFound("There is no such pipeline or version.", code="unknown_pipeline")
    return found


@transaction.atomic
def evaluation_describe(
    *, actor: User, run: EvaluationRun, description: Description
) -> EvaluationRun:
    """Say anew what a run is of. The figures themselves never change."""
    require(actor, "evaluation.import", run)
    run.title, run.note = description.title, description.note
    run.pipeline = description.pipeline
    run.save(update_fields=["title", "note", "pipeline", "updated_at"])
    linked = str(description.pipeline) if description.pipeline else ""
    _trail(actor, "evaluation.describe", run, {"pipeline": linked})
    return run


@transaction.atomic
def evaluation_delete(*, actor: User, run: EvaluationRun, confirmation: str) -> None:
    """Remove a run for good. ``confirmation`` repeats its id."""
    require(actor, "evaluation.delete", run)
    if confirmation != str(run.pk):
        raise ApiError(
            "Deleting needs the header X-Confirm with the evaluation's id.",
            code="confirmation_needed",
        )
    run_id, sha256 = run.pk, run.sha256
    EvaluationRun.objects.filter(pk=run_id).delete()
    audit_record(
        actor=actor,
        action="evaluation.delete",
        object_type="evaluation",
        object_id=run_id,
        detail={"sha256": sha256},
    )


def evaluation_viewed(actor: User, *runs: EvaluationRun) -> None:
    for run in runs:
        _trail(actor, "evaluation.view", run, {})


def evaluation_exported(actor: User, run: EvaluationRun, form: str) -> None:
    _trail(actor, "evaluation.export", run, {"form": form, "sha256": run.sha256})


def _trail(actor: User | None, action: str, run: EvaluationRun, detail: dict[str, str]) -> None:
    audit_record(
        actor=actor, action=action, object_type="evaluation", object_id=run.pk, detail=detail
    )
