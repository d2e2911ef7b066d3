"""Reading an input image and holding it against the pipeline's contract."""

from __future__ import annotations

from collections.abc import Iterator

from ml.contracts.errors import InputRefused, InputUnusual, SyntheticInput
from ml.contracts.manifest import InputSpec
from ml.dicom.origin import made_of_images
from ml.dicom.read import read_volume
from ml.imaging.volume import SourceSeries, Volume
from ml.models.input_gate.gate import load as load_gate
from ml.runtime.context import RunContext


def read_input(context: RunContext, name: str = "image") -> Volume:
    """Read the input ``name``, check it, and note its series for the run capsule.

    Returns:
        The volume on the scanner's own grid, array (z, y, x).

    Raises:
        InputUnreadable: nothing there can be read as an image.
        InputRefused: it does not fit the manifest; the message names every reason.
        SyntheticInput: a model made it of somebody's images, and the manifest takes none of these.
        InputUnusual: the gate holds it back, and the request gives no reason to take it.
    """
    image = context.input(name)
    volume = read_volume(image.path, image.kind)
    spec = next(spec for spec in context.manifest.inputs if spec.name == name)
    if not spec.ai_made and volume.source is not None and made_of_images(volume.source):
        raise SyntheticInput(
            f"{spec.title}: a model or a run made this image; only acquired images are taken."
        )
    if reasons := list(_misfits(spec, volume)):
        raise InputRefused(" ".join(reasons))
    if volume.source is not None:
        context.series_uids[name] = volume.source.series_uid
    if spec.gate:
        _pass_gate(context, spec, volume)
    return volume


def _pass_gate(context: RunContext, spec: InputSpec, volume: Volume) -> None:
    """Hold back an image of another kind, before a model sees it; note the score either way."""
    gate = context.models.get(spec.gate, lambda: load_gate(context.weights(spec.gate)))
    try:
        verdict = gate.check(volume)
    except ValueError as error:
        raise InputRefused(f"The image cannot be used: {error}.") from error
    reason = context.request.override_reason
    context.values["gate"] = {
        "input": spec.name,
        "score": round(verdict.score, 3),
        "accepted": verdict.accepted,
        "override_reason": reason if not verdict.accepted else "",
    }
    if not verdict.accepted and not reason:
        raise InputUnusual(
            f"This image is unlike those that the models were made for (score {verdict.score:.1f}, "
            f"accepted up to 1). What differs most: {' and '.join(verdict.reasons)}."
        )


def _misfits(spec: InputSpec, volume: Volume) -> Iterator[str]:
    if volume.source is not None:
        yield from _source_misfits(spec, volume.source)
    slices = volume.shape[0]
    if not spec.min_slices <= slices <= spec.max_slices:
        yield f"It has {slices} slices, not {spec.min_slices} to {spec.max_slices}."
    widest = max(volume.spacing)
    if spec.max_spacing_mm is not None and widest > spec.max_spacing_mm + 0.01:
        yield f"Its voxels are up to {widest:.1f} mm wide, more than {spec.max_spacing_mm:g} mm."
    extent = min(n * step for n, step in zip(volume.shape, volume.spacing, strict=True))
    if spec.min_extent_mm is not None and extent < spec.min_extent_mm:
        yield f"It covers {extent:.0f} mm, less than {spec.min_extent_mm:g} mm."


def _source_misfits(spec: InputSpec, source: SourceSeries) -> Iterator[str]:
    """What a DICOM series says of itself; a body part it does not name is not held against it."""
    if spec.modalities and source.modality not in spec.modalities:
        yield f"It is {source.modality}, not {' or '.join(spec.modalities)}."
    if spec.body_parts and source.body_part and source.body_part not in spec.body_parts:
        yield f"It shows {source.body_part}, not {' or '.join(spec.body_parts)}."
    if source.synthetic and not spec.synthetic:
        yield "It is synthetic, which this pipeline does not take."
