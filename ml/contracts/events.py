"""What a run tells while it goes on.

One run yields a sequence of ``Event`` and ends with exactly one of type ``result``. The ``data``
of each type is JSON and holds no patient identifiers; its shapes are the typed dictionaries here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

EventType = Literal[
    "step.started",
    "step.progress",
    "step.finished",
    "message.started",
    "message.delta",
    "message.finished",
    "finding.added",
    "preview.updated",
    "artifact.ready",
    "log",
    "result",
]

Section = Literal["findings", "impression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened in a run."""

    type: EventType
    data: dict[str, Any] = field(default_factory=dict)


class Evidence(TypedDict):
    """Where in the images a statement can be checked. ``point_lps`` in mm."""

    structure: str
    label: int
    series_uid: str | None
    sop_instance_uid: str | None
    slice_index: int | None
    point_lps: list[float]
    segment_number: int | None


class StepStarted(TypedDict):
    step: str
    title: str
    index: int
    total: int


class StepProgress(TypedDict):
    step: str
    fraction: float | None
    note: NotRequired[str]


class StepFinished(TypedDict):
    step: str
    seconds: float


class MessageStarted(TypedDict):
    message: str
    kind: Literal["sentence"]
    section: Section
    evidence: list[Evidence]


class MessageDelta(TypedDict):
    message: str
    text: str


class MessageFinished(TypedDict):
    message: str
    text: str
    section: Section
    evidence: list[Evidence]
    linked: bool
    reason: NotRequired[str]


class Finding(TypedDict):
    id: str
    concept: str
    structure: str
    label: int
    side: Literal["left", "right", "midline"] | None
    status: Literal["normal", "abnormal", "measured"]
    value: NotRequired[float]
    unit: NotRequired[str]
    reference: NotRequired[str]
    text: str
    evidence: list[Evidence]


ArtifactKind = Literal[
    "seg", "sr-measurements", "sr-report", "nifti", "table", "json", "dicom", "pdf", "image"
]


class ArtifactReady(TypedDict):
    """A file under the request's ``out_dir``. ``path`` is relative to it."""

    key: str
    kind: ArtifactKind
    path: str
    media_type: str
    title: str
    incomplete: NotRequired[bool]


class Log(TypedDict):
    level: Literal["info", "warning"]
    code: str
    text: str
