"""What is known of a study, as the JSON that a report's sentences are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

CheckName = Literal[
    "numbers", "side", "contradiction", "evidence", "comparison", "acquired", "agreement",
    "omission", "distribution",
]  # fmt: skip
Level = Literal["green", "amber", "red"]
FindingStatus = Literal["low", "normal", "high", "present", "absent", "measured"]


class MeasurementFact(TypedDict):
    """One number. ``structure`` without its side ("hippocampus"), ``side`` "left", "right" or "",
    ``text`` as the report shows it, ``reference`` the limits in words where there are any."""

    structure: str
    side: str
    aspect: str
    value: float
    unit: str
    text: str
    reference: NotRequired[str]


class FindingFact(TypedDict):
    """``told``: a report has to speak of it when it is abnormal or present."""

    id: str
    structure: str
    side: str
    aspect: str
    status: FindingStatus
    told: bool


class Acquired(TypedDict):
    """What the study holds; None where nobody knows."""

    modality: str
    sequences: list[str] | None
    contrast: bool | None
    views: list[str] | None


class Prior(TypedDict):
    """``date`` as YYYY-MM-DD; ``measurements`` by the same ids as those of today."""

    date: str
    measurements: dict[str, float]


class Gate(TypedDict):
    """Whether the image is of the kind that the model was made for; ``overridden``: a person took
    it all the same, with a recorded reason."""

    passed: bool
    overridden: bool
    score: float | None
    limit: float | None


class Facts(TypedDict):
    """``midline_x_mm``: where the patient's middle lies along LPS x; greater is left."""

    measurements: dict[str, MeasurementFact]
    findings: list[FindingFact]
    midline_x_mm: float | None
    acquired: Acquired
    priors: list[Prior]
    gate: Gate | None


class SentenceFact(TypedDict):
    """A sentence to be checked. ``entropy`` (0 to 1) is how much samples of it disagreed."""

    text: str
    section: str
    origin: str
    linked: bool
    evidence: list[dict[str, Any]]
    entropy: NotRequired[float]


class Reason(TypedDict):
    check: CheckName
    text: str


class Check(TypedDict):
    """The verdict on one sentence."""

    level: Level
    reasons: list[Reason]


class Found(TypedDict):
    """One complaint of one check."""

    level: Level
    check: CheckName
    text: str


def found(level: Level, check: CheckName, text: str) -> Found:
    return {"level": level, "check": check, "text": text}


def facts_of(stored: Mapping[str, Any]) -> Facts:
    """Facts with what is missing filled in as not known, so that a report without a run can be
    checked too."""
    acquired = stored.get("acquired") or {}
    return {
        "measurements": stored.get("measurements") or {},
        "findings": stored.get("findings") or [],
        "midline_x_mm": stored.get("midline_x_mm"),
        "acquired": {
            "modality": acquired.get("modality", ""),
            "sequences": acquired.get("sequences"),
            "contrast": acquired.get("contrast"),
            "views": acquired.get("views"),
        },
        "priors": stored.get("priors") or [],
        "gate": stored.get("gate"),
    }


def sentence_of(stored: Mapping[str, Any]) -> SentenceFact:
    """A stored sentence as the checks read it."""
    sentence: SentenceFact = {
        "text": stored["text"],
        "section": stored.get("section", "findings"),
        "origin": stored.get("origin", "person"),
        "linked": bool(stored.get("linked", False)),
        "evidence": list(stored.get("evidence") or []),
    }
    if "entropy" in stored:
        sentence["entropy"] = float(stored["entropy"])
    return sentence
