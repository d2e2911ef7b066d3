"""Segment a volume and measure it: what this pipeline does, also for pipelines that build on it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts.events import Event
from ml.imaging.resample import canonical, to_grid
from ml.imaging.volume import Volume
from ml.models.head_unet.plausible import plausible
from ml.models.head_unet.segmenter import HeadSegmenter, VoxelClasses
from ml.models.head_unet.weights import load
from ml.pipelines.segment_head.quality import Flag, quality_flags
from ml.runtime.context import RunContext, Steps
from ml.simulate import labels

WEIGHTS = "head_unet"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadSegmentation:
    """``labels`` uint16 (z, y, x), FreeSurfer ids (SynthSeg's outside the brain), on the grid of
    ``image``. ``volumes_ml``: label id to ml, counted at 1 mm; ``expected_ml``: the same from
    probabilities. ``flags``: what speaks against trusting the result."""

    image: Volume
    labels: NDArray[np.uint16]
    volumes_ml: dict[int, float]
    expected_ml: dict[int, float]
    flags: tuple[Flag, ...]


def open_segmenter(context: RunContext) -> HeadSegmenter:
    """The model of the run's engine, its digest checked; loaded once for all runs."""
    path = context.weights(WEIGHTS)

    def load_it() -> HeadSegmenter:
        model = load(path).to(context.device.kind)
        return HeadSegmenter(model, threads=context.device.threads)

    return context.models.get(f"{WEIGHTS}/{path.name}", load_it)


def segment(
    context: RunContext, steps: Steps, image: Volume, segmenter: HeadSegmenter
) -> Generator[Event, None, HeadSegmentation]:
    """Segment ``image`` within the step that is running, telling of progress.

    Raises:
        Cancelled: between two pieces of work, when the run was asked to stop.
        InputRefused: no brain is found in the image.
    """
    grid = canonical(image)
    with context.resources.volume_turn(context.cancel):
        work = segmenter.pieces(grid.array.astype(np.float32))
        while True:
            try:
                fraction = next(work)
            except StopIteration as end:
                classes: VoxelClasses = end.value
                break
            context.cancel.check()
            yield steps.progress(round(fraction, 3))
    return _measured(image, grid, classes)


def _measured(image: Volume, grid: Volume, classes: VoxelClasses) -> HeadSegmentation:
    tissue, changed = plausible(classes.tissue, classes.is_left)
    ids = labels.combine(tissue, classes.is_left).astype(np.uint16)
    voxel_ml = grid.voxel_ml
    counts = np.bincount(ids.ravel(), minlength=1)
    volumes = {int(i): float(counts[i] * voxel_ml) for i in np.flatnonzero(counts) if i}
    on_input = to_grid(grid.like(ids), image, "nearest").array.astype(np.uint16)
    return HeadSegmentation(
        image=image,
        labels=on_input,
        volumes_ml=volumes,
        expected_ml=_expected(classes.expected_ml),
        flags=quality_flags(tissue, classes, volumes, changed),
    )


def _expected(mass: NDArray[Any]) -> dict[int, float]:
    """Probability mass per label id; an unpaired tissue adds both halves."""
    expected: dict[int, float] = {}
    for tissue, (left, right) in zip(labels.TISSUES, mass, strict=True):
        for label_id, amount in ((tissue.left_id, left), (tissue.right_id, right)):
            if label_id:
                expected[label_id] = expected.get(label_id, 0.0) + float(amount)
    return expected
