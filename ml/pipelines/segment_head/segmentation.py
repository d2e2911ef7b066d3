"""Segment a volume and measure it: what this pipeline does, also for pipelines that build on it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ml.contracts.events import Event
from ml.contracts.manifest import Manifest
from ml.imaging.volume import Volume
from ml.models.head_unet.quality import load_quality
from ml.models.head_unet.scores import HeadScores
from ml.models.head_unet.segmenter import HeadSegmenter, VoxelClasses
from ml.models.head_unet.weights import load
from ml.pipelines.segment_head.quality import Flag, quality_flags
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.weights import verified_path
from ml.simulate import labels

WEIGHTS = "head_unet"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadSegmentation:
    """``labels`` uint16 (z, y, x), FreeSurfer ids (SynthSeg's outside the brain), on the grid of
    ``image``. ``volumes_ml``: label id to ml, by counting these voxels; ``expected_ml``: the same
    from probabilities. ``expected_dice``: label id to the Dice that the model expects of itself,
    empty where it cannot tell. ``flags``: what speaks against trusting the result."""

    image: Volume
    labels: NDArray[np.uint16]
    volumes_ml: dict[int, float]
    expected_ml: dict[int, float]
    expected_dice: dict[int, float]
    flags: tuple[Flag, ...]


def open_segmenter(context: RunContext) -> HeadSegmenter:
    """The model of the run's engine, its digest checked; loaded once for all runs.

    Raises:
        WeightsMissing, DigestMismatch: see ``RunContext.weights``.
    """
    return load_segmenter(context.manifest, context.resources)


def load_segmenter(manifest: Manifest, resources: Resources) -> HeadSegmenter:
    """The model that a manifest names. Raises as :func:`open_segmenter` does."""
    spec = next(spec for spec in manifest.weights if spec.name == WEIGHTS)
    path = verified_path(spec, resources.data_dir)

    def load_it() -> HeadSegmenter:
        model = load(path).to(resources.device.kind)
        return HeadSegmenter(model, quality=load_quality(path), threads=resources.device.threads)

    return resources.models.get(f"{WEIGHTS}/{spec.sha256}", load_it)


def segment(
    context: RunContext, steps: Steps, image: Volume, segmenter: HeadSegmenter
) -> Generator[Event, None, HeadSegmentation]:
    """Segment ``image`` within the step that is running, telling of progress.

    Raises:
        Cancelled: between two pieces of work, when the run was asked to stop.
        InputRefused: no brain is found in the image.
    """
    with context.resources.volume_turn(context.cancel):
        work = segmenter.pieces(image)
        while True:
            try:
                fraction = next(work)
            except StopIteration as end:
                classes: VoxelClasses = end.value
                break
            context.cancel.check()
            yield steps.progress(round(fraction, 3))
    return measured(image, classes)


def measured(image: Volume, classes: VoxelClasses) -> HeadSegmentation:
    """Labels, volumes and flags of a segmented image. Raises as :func:`segment` does."""
    ids = labels.combine(classes.tissue, classes.is_left).astype(np.uint16)
    counts = np.bincount(ids.ravel())
    volumes = {int(i): float(counts[i] * image.voxel_ml) for i in np.flatnonzero(counts) if i}
    return HeadSegmentation(
        image=image,
        labels=ids,
        volumes_ml=volumes,
        expected_ml=_expected(classes.scores),
        expected_dice=dict(classes.quality),
        flags=quality_flags(image, classes, volumes),
    )


def _expected(scores: HeadScores) -> dict[int, float]:
    """Probability mass in ml per label id."""
    is_left = (scores.left > 0.5).float()
    on_left = (scores.probability * is_left).sum(dim=(1, 2, 3), dtype=torch.float64)
    everywhere = scores.probability.sum(dim=(1, 2, 3), dtype=torch.float64)
    expected: dict[int, float] = {}
    for tissue, left, total in zip(labels.TISSUES, on_left, everywhere, strict=True):
        for label_id, mass in ((tissue.left_id, left), (tissue.right_id, total - left)):
            if label_id:
                amount = float(mass) * scores.voxel_ml
                expected[label_id] = expected.get(label_id, 0.0) + amount
    return expected
