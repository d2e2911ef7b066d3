"""The run capsule: everything needed to repeat a run, put together as its ``result``."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ml.contracts.events import ArtifactReady, Event
from ml.contracts.request import ImageInput
from ml.contracts.results import RunResult
from ml.runtime.context import RunContext

PACKAGES = (
    "torch",
    "transformers",
    "openvino",
    "numpy",
    "SimpleITK",
    "pydicom",
    "highdicom",
    "pyRadPlan",
    "pymedphys",
)


@cache
def software() -> dict[str, str]:
    """Versions of what computes: Python and the packages that a result may depend on."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def input_digest(image: ImageInput) -> str:
    """SHA-256 over an input: a file's bytes, or the bytes of a folder's files in name order."""
    path = image.path
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _input(context: RunContext, name: str, image: ImageInput) -> dict[str, Any]:
    described: dict[str, Any] = {"digest": input_digest(image)}
    if name in context.series_uids:
        described["series_uid"] = context.series_uids[name]
    return described


def result_event(context: RunContext, artifacts: list[ArtifactReady]) -> Event:
    """The closing ``result`` of a finished run."""
    result = RunResult(
        pipeline=context.manifest.name,
        version=context.manifest.version,
        seed=context.request.seed,
        params=dict(context.params),
        inputs={name: _input(context, name, img) for name, img in context.request.inputs.items()},
        weights={spec.name: spec.sha256 for spec in context.manifest.weights},
        software=software(),
        timings=dict(context.timings),
        artifacts=artifacts,
        values=dict(context.values),
    )
    return Event(type="result", data=asdict(result))


def is_nifti(path: Path) -> bool:
    """Whether a path names a NIfTI file, by its ending."""
    return path.name.lower().endswith((".nii", ".nii.gz"))
