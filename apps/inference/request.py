"""From what a person asks for to a queued job, or to all the reasons why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from jsonschema import Draft202012Validator

from apps.accounts.models import User
from apps.accounts.policy import allowed, require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, NotFound, Refused
from apps.core.idempotency import idempotent_create
from apps.inference.eligibility import Reason, input_reasons
from apps.jobs.models import Job
from apps.jobs.services.create import job_create
from apps.registry.models import PipelineVersion
from apps.registry.selectors import pipeline_offered, pipeline_served
from apps.studies.models import Series
from ml.contracts.manifest import InputSpec


class InputRefused(Refused):
    """The input does not fit; ``errors`` lists every reason."""

    code = "input_refused"

    def __init__(self, reasons: list[dict[str, str]]) -> None:
        super().__init__(" ".join(reason["message"] for reason in reasons), errors=reasons)


def input_specs(pipeline: PipelineVersion) -> tuple[InputSpec, ...]:
    """The input contract, as the registry copied it from the manifest."""
    rows: list[dict[str, Any]] = [
        {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in pipeline.inputs
    ]
    return tuple(InputSpec(**row) for row in rows)


def inference_request(
    *,
    user: User,
    pipeline: str,
    inputs: Mapping[str, str],
    params: Mapping[str, Any],
    idempotency_key: str = "",
    override_reason: str = "",
    retry_of: Job | None = None,
) -> tuple[Job, bool]:
    """The job, and whether this call made it.

    ``override_reason`` has the gate let an unusual image through.

    Raises ``Denied``, ``NotFound`` (unknown pipeline), ``Refused`` (the pipeline does not serve),
    ``InputRefused``, and ``Conflict`` when the key was used for another request, or its job is
    gone.
    """
    require(user, "job.run")
    if override_reason:
        require(user, "job.override")
    body = {
        "pipeline": pipeline,
        "inputs": dict(inputs),
        "params": dict(params),
        "override_reason": override_reason,
    }

    def create() -> Any:
        return _create(
            user=user,
            name=pipeline,
            inputs=inputs,
            params=params,
            override_reason=override_reason,
            retry_of=retry_of,
        ).pk

    scope = f"retry:{retry_of.pk}" if retry_of else "jobs"
    outcome = idempotent_create(
        user_id=user.pk, scope=scope, key=idempotency_key, body=body, create=create
    )
    job = Job.objects.filter(pk=outcome.object_id).first()
    if job is None:
        raise Conflict(
            "The job of this Idempotency-Key was deleted with its study. Use another key to ask "
            "again.",
            code="job_gone",
        )
    return job, outcome.created


def system_request(
    *,
    on_behalf_of: User | None,
    pipeline: str,
    inputs: Mapping[str, str],
    params: Mapping[str, Any],
) -> Job:
    """A job that nobody has just asked for. It runs in the name of ``on_behalf_of``, where that
    person may still run jobs, else in the system's; what it asks for is checked as anybody's.

    Raises ``NotFound``, ``Refused`` and ``InputRefused`` as ``inference_request`` does.
    """
    return _create(
        user=on_behalf_of if allowed(on_behalf_of, "job.run") else None,
        name=pipeline,
        inputs=inputs,
        params=params,
        override_reason="",
        retry_of=None,
    )


@transaction.atomic
def _create(
    *,
    user: User | None,
    name: str,
    inputs: Mapping[str, str],
    params: Mapping[str, Any],
    override_reason: str,
    retry_of: Job | None,
) -> Job:
    served = pipeline_served(name)
    _params_check(served, params)
    chosen = _inputs_check(served, inputs)
    study_uid = next((one.study.study_uid for one in chosen.values()), "")
    job = job_create(
        user=user,
        pipeline=served.name,
        version=served.version,
        inputs=dict(inputs),
        params=dict(params),
        study_uid=study_uid,
        queue=served.queue,
        override_reason=override_reason,
        retry_of=retry_of,
    )
    audit_record(
        actor=user,
        action="job.run",
        object_type="job",
        object_id=job.pk,
        study_uid=study_uid,
        detail={
            "pipeline": served.name,
            "version": served.version,
            # Free text may name the patient: the reason itself stands with the job.
            **({"gate_overridden": True} if override_reason else {}),
        },
    )
    return job


def _params_check(pipeline: PipelineVersion, params: Mapping[str, Any]) -> None:
    schema = {"type": "object", **pipeline.parameters}
    errors = [
        {"code": "parameter", "message": error.message, "parameter": ".".join(map(str, error.path))}
        for error in Draft202012Validator(schema).iter_errors(dict(params))
    ]
    if errors:
        raise Refused(
            " ".join(error["message"] for error in errors), code="parameters_refused", errors=errors
        )


def _inputs_check(pipeline: PipelineVersion, inputs: Mapping[str, str]) -> dict[str, Series]:
    """The series of every input that is given. Raises ``InputRefused`` with all reasons."""
    specs = {spec.name: spec for spec in input_specs(pipeline)}
    found = Series.objects.select_related("study").in_bulk(
        list(inputs.values()), field_name="series_uid"
    )
    refused = [
        _told(name, Reason(code="unknown_input", message=f"There is no input named '{name}'."))
        for name in inputs.keys() - specs.keys()
    ]
    for name, spec in specs.items():
        uid = inputs.get(name)
        if uid is None and spec.required:
            reason = Reason(code="input_missing", message=f"The input '{spec.title}' is missing.")
            refused.append(_told(name, reason))
        elif uid is not None and uid not in found:
            reason = Reason(code="series_unknown", message="This series is not in the archive.")
            refused.append(_told(name, reason))
        elif uid is not None:
            refused += [_told(name, reason) for reason in input_reasons(found[uid], spec)]
    if refused:
        raise InputRefused(refused)
    return {name: found[uid] for name, uid in inputs.items()}


def _told(name: str, reason: Reason) -> dict[str, str]:
    return {"code": reason.code, "message": reason.message, "input": name}


def series_reasons(
    pipeline: str, series_uid: str, *, input_name: str | None = None
) -> tuple[Reason, ...]:
    """Why ``pipeline`` would not take a series, also where the pipeline itself cannot serve.

    Raises ``NotFound`` for an unknown pipeline, series or input.
    """
    offered = pipeline_offered(pipeline)
    specs = {spec.name: spec for spec in input_specs(offered)}
    name = input_name or next(iter(specs), "")
    series = Series.objects.filter(series_uid=series_uid).first()
    if series is None or name not in specs:
        raise NotFound("There is no such series or input.")
    try:
        pipeline_served(pipeline)
    except Refused as error:
        return (
            Reason(code=error.code, message=error.user_message),
            *input_reasons(series, specs[name]),
        )
    return input_reasons(series, specs[name])
