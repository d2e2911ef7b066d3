"""Scoring a prediction: read, register, compare, write."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from matplotlib import image as picture

from ml.contracts.errors import ReversedOrder
from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm
from ml.dicom.write_parametric_map import write_parametric_map
from ml.imaging.volume import Volume
from ml.pipelines.predict_followup import contract
from ml.pipelines.predict_followup.dicom import CHANGE
from ml.pipelines.predict_followup.work import READER, load_checkpoint
from ml.pipelines.score_prediction.scoring import Compared, compare, score_of
from ml.runtime.context import RunContext
from ml.runtime.inputs import read_input

STEPS = {
    "read": "Read the images",
    "load": "Load the model",
    "compare": "Lay the scan onto the base and compare",
    "write": "Write the results",
}
SERIES_NUMBER = 9045


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` and ``Cancelled``."""
    steps = context.steps(STEPS)
    yield steps.start("read")
    base, actual = (read_input(context, name) for name in ("base", "actual"))
    for role, volume in (("base", base), ("scan", actual)):
        contract.refuse_predicted(volume, role)
        contract.refuse_ct(volume)
    contract.refuse_other_patient(base, actual)
    predicted = read_input(context, "predicted")
    given = "probability" in context.request.inputs
    probability = read_input(context, "probability") if given else None
    days = days_between(context, base, actual)
    yield steps.finish()
    yield steps.start("load")
    reader = load_checkpoint(context.manifest, context.resources, READER)
    yield steps.finish()
    yield steps.start("compare")
    with context.resources.volume_turn(context.cancel):
        found = compare(
            base,
            actual,
            predicted,
            probability,
            reader=reader.model,
            check=context.cancel.check,
        )
    score = score_of(found, context.params["prediction"], days)
    for warning in score["warnings"]:
        yield context.log(warning["code"], warning["text"], warning=True)
    yield steps.finish()
    yield steps.start("write")
    yield from write_results(context, base, found, score)
    for key in ("actual_ml", "predicted_ml", "inside_interval", "beats_carry_forward"):
        context.values[key] = score[key]
    yield steps.finish()


def days_between(context: RunContext, base: Volume, actual: Volume) -> float | None:
    """Days from base to scan, None where a date is missing.

    Raises:
        ReversedOrder: the scan is not later than the base.
    """
    stated = (context.params["prediction"].get("base") or {}).get("date") or ""
    first = contract.date_of(base, str(stated))
    second = contract.date_of(actual, context.params["actual_date"])
    if first is None or second is None:
        return None
    days = (second - first).days
    if days <= 0:
        raise ReversedOrder("The scan is not later than the base.")
    return float(days)


def write_results(
    context: RunContext, base: Volume, found: Compared, score: dict[str, object]
) -> Iterator[Event]:
    """The score, the error on the base's grid, and a picture."""
    path = context.out_dir / "score.json"
    path.write_text(json.dumps(score, indent=1), encoding="utf-8")
    yield context.artifact(
        "score-json", kind="json", path=path, media_type="application/json", title="Score"
    )
    error = ((found.predicted - found.actual) * found.brain).astype(np.float32)
    path = context.out_dir / "error.nii.gz"
    write_nifti(base.like(error), path)
    yield context.artifact(
        "error-nifti", kind="nifti", path=path, media_type="application/gzip",
        title="Predicted minus actual, in units of normal brain",
    )  # fmt: skip
    yield picture_of(context, found, error)
    if base.source is None or base.source.frame_numbers[0]:
        return
    path = context.out_dir / "error-map.dcm"
    digest = next(s.sha256 for s in context.manifest.weights if s.name == READER)
    algorithm = Algorithm(
        name=context.manifest.title, version=context.manifest.version, weights_sha256=digest
    )
    write_parametric_map(
        base.like(error),
        base,
        title="Prediction error",
        derivation=f"Predicted minus actual follow-up on the base's grid, {algorithm.description}",
        algorithm=algorithm,
        run_id=context.request.run_id,
        path=path,
        key="error-map",
        series_number=SERIES_NUMBER,
        quantity=CHANGE,
    )
    yield context.artifact(
        "error-map", kind="dicom", path=path, media_type="application/dicom",
        title="Predicted minus actual",
    )  # fmt: skip


def picture_of(context: RunContext, found: Compared, error: np.ndarray) -> Event:
    """Predicted, actual and the error's size, through the middle of the lesion."""
    inside = found.actual_lesion | found.base_lesion
    where = inside if inside.any() else found.brain
    z = int(np.argwhere(where)[:, 0].mean())
    row = [found.predicted[z] / 2, found.actual[z] / 2, np.abs(error[z])]
    path = context.out_dir / "error.png"
    picture.imsave(path, np.clip(np.concatenate(row, axis=1), 0, 1), cmap="gray", vmin=0, vmax=1)
    return context.artifact(
        "picture-error", kind="image", path=path, media_type="image/png",
        title="Predicted, actual, size of the error",
    )  # fmt: skip
