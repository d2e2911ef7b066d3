"""Synthetic CT: read, check, choose the network, predict slab by slab, write."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from matplotlib import image as picture
from scipy import ndimage

from ml.contracts.errors import InputRefused, InputUnusual
from ml.contracts.events import Event
from ml.contracts.manifest import Manifest
from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.config import Site
from ml.models.synthetic_ct.synthesiser import Prepared, Synthesiser, SyntheticCt
from ml.models.synthetic_ct.weights import load
from ml.pipelines.synthetic_ct.contract import Flag, flags_of, refuse_ct, site_of
from ml.pipelines.synthetic_ct.dicom import write_dicom
from ml.pipelines.synthetic_ct.samples import write_samples
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.inputs import read_input
from ml.runtime.registry import manifest_of
from ml.runtime.weights import verified_path

STEPS = {
    "read": "Read the images",
    "check": "Check the images",
    "load": "Load the model",
    "synthesise": "Make the synthetic CT",
    "write": "Write the results",
}
SAMPLING = {"sample": "Draw alternatives"}
# Above this score nothing is made unless somebody gives a reason; between 1 and this it warns.
REFUSED_SCORE = 3.0
PREVIEW_WINDOW = (-400.0, 800.0)


def warm(resources: Resources) -> None:
    """Load the networks."""
    manifest = manifest_of("synthetic_ct")
    for site in ("extremity", "head"):
        load_synthesiser(manifest, resources, site)


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused``, ``InputUnusual`` and ``Cancelled``."""
    wants_samples = context.params["samples"] > 0
    steps = context.steps(STEPS | SAMPLING if wants_samples else STEPS)
    yield steps.start("read")
    image = read_input(context)
    yield steps.finish()
    yield steps.start("check")
    refuse_ct(image)
    site = site_of(image, context.params["site"])
    yield steps.finish()
    yield steps.start("load")
    synthesiser = load_synthesiser(context.manifest, context.resources, site)
    yield steps.finish()
    yield steps.start("synthesise")
    try:
        ready = synthesiser.prepare(image)
    except ValueError as error:
        raise InputRefused("No body with signal is found in the image.") from error
    result = yield from synthesise(context, steps, image, synthesiser, ready)
    flags = list(flags_of(ready.scaled, ready.body, ready.grid.spacing))
    for flag in flags:
        yield context.log(flag.code, flag.text, warning=True)
    if (unusual := judged(context, result)) is not None:
        flags.append(unusual)
        yield context.log(unusual.code, unusual.text, warning=True)
    yield steps.finish()
    yield steps.start("write")
    yield from write_results(context, image, result, site)
    if wants_samples:
        yield steps.finish()
        yield steps.start("sample")
        yield from write_samples(context, steps, image, ready, site)
    context.values["site"] = site
    context.values["body_ml"] = round(float(result.body.sum()) * image.voxel_ml, 1)
    context.values["flags"] = [flag.code for flag in flags]
    yield steps.finish()


def load_synthesiser(manifest: Manifest, resources: Resources, name: str) -> Synthesiser:
    """The network of a site, its digest checked; loaded once for all runs.

    Raises:
        WeightsMissing, DigestMismatch: see ``ml.runtime.weights.verified_path``.
    """
    spec = next(spec for spec in manifest.weights if spec.name == name)
    path = verified_path(spec, resources.data_dir)

    def load_it() -> Synthesiser:
        checkpoint = load(path)
        checkpoint.model.to(resources.device.kind)
        return Synthesiser(checkpoint, threads=resources.device.threads)

    return resources.models.get(f"{name}/{spec.sha256}", load_it)


def synthesise(
    context: RunContext, steps: Steps, image: Volume, synthesiser: Synthesiser, ready: Prepared
) -> Generator[Event, None, SyntheticCt]:
    """Predict within the step that is running, with a preview as soon as there is one.

    Raises:
        Cancelled: between two slabs, when the run was asked to stop.
    """
    shown = -1.0
    with context.resources.volume_turn(context.cancel):
        work = synthesiser.pieces(image, ready)
        while True:
            try:
                part = next(work)
            except StopIteration as end:
                result: SyntheticCt = end.value
                return result
            context.cancel.check()
            yield steps.progress(round(part.fraction, 3))
            if shown < 0 or part.fraction - shown >= 0.25 or part.fraction == 1:
                shown = part.fraction
                yield preview(context, part.preview, incomplete=part.fraction < 1)


def preview(context: RunContext, ct: Volume, *, incomplete: bool) -> Event:
    """The middle planes of what there is, side by side, as a picture."""
    path = context.out_dir / "preview.png"
    array, step = ct.array, min(ct.spacing)
    zooms = [spacing / step for spacing in ct.spacing]
    z, y, x = (n // 2 for n in ct.shape)
    planes = [
        ndimage.zoom(array[z], zooms[1:], order=1),
        ndimage.zoom(array[::-1, y], [zooms[0], zooms[2]], order=1),
        ndimage.zoom(array[::-1, :, x], zooms[:2], order=1),
    ]
    height = max(len(plane) for plane in planes)
    padded = [np.pad(p, ((0, height - len(p)), (0, 4)), constant_values=-1000) for p in planes]
    low, high = PREVIEW_WINDOW
    picture.imsave(path, np.concatenate(padded, axis=1), cmap="gray", vmin=low, vmax=high)
    return context.artifact(
        "preview",
        kind="image",
        path=path,
        media_type="image/png",
        title="Preview of the synthetic CT",
        incomplete=incomplete,
    )


def judged(context: RunContext, result: SyntheticCt) -> Flag | None:
    """A warning where the image is unlike those that the network was trained on.

    Raises:
        InputUnusual: it is so unlike them that nothing is made of it, and no reason is given.
    """
    if result.verdict is None:
        return None
    score, reason = result.verdict.score, context.request.override_reason
    context.values["gate"] = {
        "input": "image",
        "score": round(score, 3),
        "accepted": score <= REFUSED_SCORE,
        "override_reason": reason if score > REFUSED_SCORE else "",
    }
    if score <= 1:
        return None
    text = (
        f"This image is unlike those that the network was trained on (score {score:.1f}, usual up "
        f"to 1). What differs most: {' and '.join(result.verdict.reasons)}."
    )
    if score > REFUSED_SCORE and not reason:
        raise InputUnusual(text)
    return Flag("image_unusual", text)


def write_results(
    context: RunContext, image: Volume, result: SyntheticCt, site: Site
) -> Iterator[Event]:
    """The CT and its bounds as files on the input's grid, and as DICOM where the input is."""
    whole = {
        "sct": (result.middle, "Synthetic CT (HU)"),
        "sct_lower": (result.lower, "5 % bound of the synthetic CT (HU)"),
        "sct_upper": (result.upper, "95 % bound of the synthetic CT (HU)"),
    }
    for stem, (volume, title) in whole.items():
        context.cancel.check()
        path: Path = context.out_dir / f"{stem}.nii.gz"
        write_nifti(volume.like(np.rint(volume.array).astype(np.int16)), path)
        yield context.artifact(
            f"{stem.replace('_', '-')}-nifti",
            kind="nifti",
            path=path,
            media_type="application/gzip",
            title=title,
        )
    if image.source is not None:
        yield from write_dicom(context, image, result, site)
