"""The structures of the head, found by the work of the segment_head pipeline."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from ml.contracts.events import Event
from ml.dicom.provenance import Algorithm
from ml.imaging.volume import Volume
from ml.pipelines.segment_head import segmentation as segment_head
from ml.runtime.context import RunContext, Steps
from ml.runtime.registry import manifest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``labels``: FreeSurfer ids (z, y, x) on the grid of the image, with its source;
    ``volumes_ml``: label to ml; ``algorithm``: what found them."""

    labels: Volume
    volumes_ml: Mapping[int, float]
    algorithm: Algorithm


def segment(context: RunContext, image: Volume, steps: Steps) -> Generator[Event, None, Found]:
    """Segment ``image``; yields progress of the running step, and what speaks against the result.

    Raises:
        InputRefused: no brain is found.
        Cancelled: stopped between two pieces of work.
    """
    segmenter = segment_head.open_segmenter(context)
    result = yield from segment_head.segment(context, steps, image, segmenter)
    for flag in result.flags:
        yield context.log(flag.code, flag.text, warning=True)
    manifest = manifest_of("segment_head")
    digests = {spec.name: spec.sha256 for spec in manifest.weights}
    return Found(
        labels=image.like(result.labels),
        volumes_ml=result.volumes_ml,
        algorithm=Algorithm(
            name=manifest.title,
            version=manifest.version,
            weights_sha256=digests[segment_head.WEIGHTS],
        ),
    )
