"""What every comparison leaves: the registered follow-up, the registration, a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm
from ml.dicom.write_registered import write_registered
from ml.dicom.write_registration import write_registration
from ml.pipelines.compare_scans.comparison import Comparison
from ml.pipelines.compare_scans.pictures import write_checkerboard
from ml.runtime.context import RunContext


def algorithm_of(context: RunContext) -> Algorithm:
    """What made the objects of this run."""
    weights = context.manifest.weights
    return Algorithm(
        name=context.manifest.title,
        version=context.manifest.version,
        weights_sha256=weights[0].sha256 if weights else "",
        parameters=context.params,
    )


def write_json(context: RunContext, key: str, title: str, content: Mapping[str, Any]) -> Event:
    """``content`` as ``<key without -json>.json``."""
    path = context.out_dir / f"{key.removesuffix('-json')}.json"
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return context.artifact(key, kind="json", path=path, media_type="application/json", title=title)


def write_picture(context: RunContext, comparison: Comparison) -> Event:
    """The checkerboard of both images."""
    path = context.out_dir / "checkerboard.png"
    write_checkerboard(comparison.visits.base.image, comparison.onto, path)
    return context.artifact(
        "picture-checkerboard",
        kind="image",
        path=path,
        media_type="image/png",
        title="Both images by turns, in squares",
    )


def write_registered_images(context: RunContext, comparison: Comparison) -> Iterator[Event]:
    """The follow-up on the grid of the base as NIfTI, and as DICOM with its registration where
    both inputs are DICOM."""
    path = context.out_dir / "registered.nii.gz"
    write_nifti(comparison.onto, path)
    yield context.artifact(
        "registered-nifti",
        kind="nifti",
        path=path,
        media_type="application/gzip",
        title="Follow-up on the base's grid",
    )
    if None in (comparison.visits.base.image.source, comparison.visits.follow.image.source):
        yield context.log("no_dicom", "DICOM objects are written only from DICOM images.")
        return
    context.cancel.check()
    yield _registered(context, comparison)
    context.cancel.check()
    yield from _registrations(context, comparison)


def _registered(context: RunContext, comparison: Comparison) -> Event:
    base, follow = comparison.visits.base, comparison.visits.follow
    if follow.image.source is None:
        raise ValueError("DICOM is written from DICOM")
    folder = context.out_dir / "registered"
    to = "base" if base.day is None else base.day.isoformat()
    algorithm = algorithm_of(context)
    write_registered(
        comparison.onto,
        base.image,
        follow.image.source,
        folder,
        description=f"REGISTERED to {to} {follow.taken.description}".strip(),
        derivation=f"Resampled onto the grid of another visit by {algorithm.description}.",
        algorithm=algorithm,
        run_id=context.request.run_id,
    )
    return context.artifact(
        "registered",
        kind="dicom",
        path=folder,
        media_type="application/dicom",
        title="Follow-up on the base's grid",
    )


def _registrations(context: RunContext, comparison: Comparison) -> Iterator[Event]:
    base, follow = comparison.visits.base.image, comparison.visits.follow.image
    found = comparison.registration
    kinds: dict[str, NDArray[np.float32] | None] = {"registration": None}
    if found.displacement is not None:
        kinds["registration-deformable"] = found.displacement
    for key, displacement in kinds.items():
        path: Path = context.out_dir / f"{key}.dcm"
        write_registration(
            found.matrix,
            base,
            follow,
            displacement=displacement,
            algorithm=algorithm_of(context),
            run_id=context.request.run_id,
            path=path,
            key=key,
        )
        yield context.artifact(
            key,
            kind="dicom",
            path=path,
            media_type="application/dicom",
            title="How the two images lie on each other"
            + (" (deformable)" if displacement is not None else ""),
        )
