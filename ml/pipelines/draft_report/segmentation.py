"""The structures of the head, found by the work of the segment_head pipeline."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from ml.contracts.events import Event
from ml.dicom.provenance import Algorithm
from ml.imaging.volume import Volume
from ml.runtime.context import Resources, RunContext, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``labels``: FreeSurfer ids (z, y, x) on the grid of the image, with its source."""

    labels: Volume
    algorithm: Algorithm


def warm(resources: Resources) -> None:
    """Load the segmenter."""


def segment(context: RunContext, image: Volume, steps: Steps) -> Generator[Event, None, Found]:
    """Segment ``image``; yields progress of the running step."""
    raise NotImplementedError
    yield
