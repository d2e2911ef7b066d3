"""One run of one pipeline in this process: the same code under every kind of engine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import InputRefused, MlError, OutOfMemory, PipelineFailed
from ml.contracts.events import ArtifactReady, Event
from ml.contracts.manifest import Manifest
from ml.contracts.request import RunRequest
from ml.runtime import parameters
from ml.runtime.capsule import result_event
from ml.runtime.context import Resources, RunContext
from ml.runtime.devices import is_out_of_memory, release_memory
from ml.runtime.registry import load_pipeline, manifest_of

logger = logging.getLogger(__name__)


def _check_inputs(manifest: Manifest, request: RunRequest) -> None:
    expected = {spec.name for spec in manifest.inputs}
    if unknown := sorted(request.inputs.keys() - expected):
        raise InputRefused(f"The pipeline {manifest.name} has no input {', '.join(unknown)}.")
    for spec in manifest.inputs:
        image = request.inputs.get(spec.name)
        if image is None:
            if spec.required:
                raise InputRefused(f"The input {spec.name} ({spec.title}) is missing.")
        elif not image.path.exists():
            raise InputRefused(f"The input {spec.name} ({spec.title}) is not there.")


def execute(request: RunRequest, cancel: CancelToken, resources: Resources) -> Iterator[Event]:
    """Run ``request`` with ``resources``, yielding its events and, last, its ``result``.

    Raises:
        MlError: whatever the pipeline refuses, or that it was stopped, ran out of memory or broke.
    """
    manifest = manifest_of(request.pipeline)
    params = parameters.checked(manifest.parameters, request.params)
    _check_inputs(manifest, request)
    cancel.check()
    request.out_dir.mkdir(parents=True, exist_ok=True)
    context = RunContext(
        request=replace(request, params=params),
        cancel=cancel,
        manifest=manifest,
        resources=resources,
    )
    artifacts: list[ArtifactReady] = []
    try:
        for event in load_pipeline(manifest).run(context):
            if event.type == "artifact.ready":
                artifacts.append(cast("ArtifactReady", event.data))
            yield event
        yield result_event(context, artifacts)
    except MlError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            release_memory()
            raise OutOfMemory("There is not enough memory for this input.") from error
        # The text of a foreign exception may quote the input: its kind and place are enough.
        place = _place(error)
        logger.error(  # noqa: TRY400  # for the same reason no traceback
            "pipeline %s failed: %s at %s", manifest.name, type(error).__name__, place
        )
        raise PipelineFailed(
            f"The pipeline {manifest.name} failed unexpectedly ({type(error).__name__})."
        ) from error


def _place(error: BaseException) -> str:
    """The innermost frame of our own code in a traceback, as file:line."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if "/ml/" in filename:
            place = f"{filename.rsplit('/ml/', 1)[1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
