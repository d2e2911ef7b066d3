"""Follow-up prediction: read, look, sample step by step, draw the curve, write."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib import image as picture
from torch import Tensor

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.models.followup.calibration import Interval
from ml.models.followup.config import LESION_ML, TREATMENTS
from ml.models.followup.predictor import Base, Samples, curve, sampled, steps_of
from ml.models.followup.reader import LEAST_LESION_ML, Reading
from ml.models.followup.state import Question
from ml.models.followup.weights import Checkpoint
from ml.pipelines.predict_followup import contract
from ml.pipelines.predict_followup.content import UNCALIBRATED, Asked, content_of
from ml.pipelines.predict_followup.dicom import write_dicom
from ml.pipelines.predict_followup.work import (
    PREDICTOR,
    READER,
    Placed,
    load_checkpoint,
    placed_on,
    planes_for_preview,
    prior_distance,
    read_base,
)
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.inputs import read_input
from ml.runtime.registry import manifest_of

STEPS = {
    "read": "Read the images",
    "load": "Load the models",
    "look": "Find brain and lesion",
    "predict": "Predict the follow-up",
    "curve": "Draw the volume over time",
    "write": "Write the results",
}


def warm(resources: Resources) -> None:
    """Load the networks."""
    manifest = manifest_of("predict_followup")
    for name in (READER, PREDICTOR):
        load_checkpoint(manifest, resources, name)


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` and ``Cancelled``."""
    steps = context.steps(STEPS)
    yield steps.start("read")
    asked = read_inputs(context)
    yield steps.finish()
    yield steps.start("load")
    reader = load_checkpoint(context.manifest, context.resources, READER)
    predictor = load_checkpoint(context.manifest, context.resources, PREDICTOR)
    yield steps.finish()
    with context.resources.volume_turn(context.cancel):
        yield steps.start("look")
        reading, base = read_base(asked.base, reader.model)
        task = task_of(context, asked, reading, base, reader)
        note(asked, base, predictor)
        for warning in asked.warnings:
            yield context.log(warning["code"], warning["text"], warning=True)
        yield steps.finish()
        yield steps.start("predict")
        samples = yield from predict(context, steps, predictor, task)
        yield steps.finish()
        yield steps.start("curve")
        volumes = yield from draw_curve(context, steps, predictor, task, samples)
        yield steps.finish()
    yield steps.start("write")
    made = placed_on(asked.base, reading, samples)
    content = content_of(asked, samples, volumes, predictor, context.manifest)
    yield from write_results(context, asked, made, content)
    context.values["lesion_ml"] = content["volumes"][-1]
    context.values["carry_forward_ml"] = content["carry_forward_ml"]
    context.values["beats_carry_forward"] = content["beats_carry_forward"]
    yield steps.finish()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What the predictor works on. ``prior``: see ``predictor.sampled``."""

    base: Base
    question: Question
    prior: Tensor | None = None


def read_inputs(context: RunContext) -> Asked:
    """Base and prior, checked, with their dates.

    Raises:
        InputRefused: see ``contract``.
    """
    params = context.params
    base = read_input(context, "base")
    contract.refuse_predicted(base, "base")
    contract.refuse_ct(base)
    prior: Volume | None = None
    if "prior" in context.request.inputs:
        prior = read_input(context, "prior")
        contract.refuse_predicted(prior, "prior")
        contract.refuse_ct(prior)
        contract.refuse_other_patient(base, prior)
    days = float(params["days"])
    warning = contract.range_warning(days)
    return Asked(
        days=days,
        treatment=params["treatment"],
        samples=params["samples"],
        base=base,
        base_date=contract.date_of(base, params["base_date"]),
        prior=prior,
        prior_date=contract.date_of(prior, params["prior_date"]) if prior is not None else None,
        warnings=[warning] if warning else [],
    )


def task_of(
    context: RunContext, asked: Asked, reading: Reading, base: Base, reader: Checkpoint
) -> Task:
    """The question, with the prior on the base's grid where there is one and its date is known.

    Raises:
        InputRefused: the prior is later than the base, or cannot be laid onto it.
    """
    treatment = TREATMENTS.index(asked.treatment)
    before = contract.prior_days(asked.base_date, asked.prior_date)
    if asked.prior is None:
        return Task(base=base, question=Question(days=asked.days, treatment=treatment))
    if before is None:
        asked.warnings.append(
            {
                "code": "prior_without_interval",
                "text": "The prior is not used: its date or the base's is not known, or they are "
                "the same.",
            }
        )
        return Task(base=base, question=Question(days=asked.days, treatment=treatment))
    distance = prior_distance(
        asked.prior, asked.base, reading, base, reader.model, check=context.cancel.check
    )
    question = Question(days=asked.days, treatment=treatment, prior_days=before)
    return Task(base=base, question=question, prior=distance)


def note(asked: Asked, base: Base, predictor: Checkpoint) -> None:
    """Warn where there is nothing to follow, or the model is no better than the base itself."""
    if base.lesion_ml < LEAST_LESION_ML:
        text = "No lesion is found in the base: there is nothing whose growth could be predicted."
        asked.warnings.append({"code": "no_lesion", "text": text})
    elif not LESION_ML[0] <= base.lesion_ml <= LESION_ML[1]:
        text = (
            f"What is taken for the lesion has {base.lesion_ml:.1f} ml; the model was trained on "
            f"{LESION_ML[0]:g} to {LESION_ML[1]:g} ml. Look at its outline before anything else."
        )
        asked.warnings.append({"code": "lesion_beyond_training", "text": text})
    if not predictor.evidence.get("beats_carry_forward"):
        text = "This model does not predict better than carrying the base forward."
        asked.warnings.append({"code": "not_better_than_carry_forward", "text": text})


def predict(
    context: RunContext,
    steps: Steps,
    predictor: Checkpoint,
    task: Task,
) -> Generator[Event, None, Samples]:
    """Sample within the step that is running, with a preview after each step of the sampler.

    Raises:
        Cancelled: between two steps, when the run was asked to stop.
    """
    params = context.params
    family = predictor.model.config.family
    total = steps_of(family, params["samples"], params["sampler_steps"])
    found: Samples | None = None
    for number, found in enumerate(
        sampled(
            predictor.model,
            task.base,
            task.question,
            prior=task.prior, count=params["samples"], steps=total,
            seed=context.request.seed,
        ),
        start=1,
    ):  # fmt: skip
        yield steps.progress(round(number / total, 3), f"step {number} of {total}")
        yield preview(context, found, incomplete=number < total)
        context.cancel.check()
    if found is None:
        raise ValueError("a sampler takes at least one step")
    return found


def draw_curve(
    context: RunContext,
    steps: Steps,
    predictor: Checkpoint,
    task: Task,
    samples: Samples,
) -> Generator[Event, None, list[tuple[float, Interval]]]:
    """The volume over time, within the step that is running."""
    work = curve(
        predictor.model,
        task.base,
        task.question,
        predictor.calibration or UNCALIBRATED,
        samples,
        prior=task.prior,
        seed=context.request.seed,
    )
    while True:
        try:
            share = next(work)
        except StopIteration as end:
            rows: list[tuple[float, Interval]] = end.value
            return rows
        context.cancel.check()
        yield steps.progress(round(share, 3))


def preview(context: RunContext, samples: Samples, *, incomplete: bool) -> Event:
    """Base, prediction and lesion probability side by side, through the lesion."""
    path = context.out_dir / "preview.png"
    first, second, share = planes_for_preview(samples)
    row = np.concatenate([first / 2, second / 2, share], axis=1)
    enlarged = np.kron(np.clip(row, 0, 1), np.ones((3, 3), dtype=np.float32))
    picture.imsave(path, enlarged, cmap="gray", vmin=0, vmax=1)
    return context.artifact(
        "preview",
        kind="image",
        path=path,
        media_type="image/png",
        title="Base, prediction, probability of lesion",
        incomplete=incomplete,
    )


def write_results(
    context: RunContext, asked: Asked, made: Placed, content: dict[str, object]
) -> Iterator[Event]:
    """Files on the base's grid, the numbers, and DICOM where the base is."""
    lesion = (made.visible >= 0.5).astype(np.uint8) + (
        (made.core >= 0.5) & (made.visible >= 0.5)
    ).astype(np.uint8)
    files = {
        "predicted": (made.image, "Predicted MR"),
        "growth-probability": (asked.base.like(made.probability), "Probability of lesion"),
        "lesion": (asked.base.like(lesion), "Predicted lesion (1) and core (2)"),
    }
    for stem, (volume, title) in files.items():
        context.cancel.check()
        path = context.out_dir / f"{stem.replace('-', '_')}.nii.gz"
        write_nifti(volume, path)
        yield context.artifact(
            f"{stem}-nifti", kind="nifti", path=path, media_type="application/gzip", title=title
        )
    path = context.out_dir / "prediction.json"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    yield context.artifact(
        "prediction-json",
        kind="json",
        path=path,
        media_type="application/json",
        title="Volumes, intervals and evidence",
    )
    if asked.base.source is not None:
        yield from write_dicom(context, asked, made)
