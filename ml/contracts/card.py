"""The model card of a pipeline as data, in the layout of the CHAI Applied Model Card v0.2.

The layout is the Coalition for Health AI's: https://mc.chai.org/v0.2/schema.xsd. Its text fields
are Markdown, its figures are small JSON objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from ml.contracts.manifest import Pillar

LAYOUT = "CHAI Applied Model Card v0.2"
NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
NOT_STATED = "not stated"
PILLARS: dict[Pillar, str] = {
    "usefulness": "UsefulnessUsabilityEfficacy",
    "fairness": "FairnessEquity",
    "safety": "SafetyReliability",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsFile:
    """What was measured of a weights file.

    ``content`` is the file's JSON object and ``sha256`` its digest, both empty when it is not
    there or no JSON object. ``checkpoint`` says whether the file names the digest of the weights
    it stands beside: "same", "other", or "not stated".
    """

    weights: str
    path: str
    sha256: str
    checkpoint: Literal["same", "other", "not stated"]
    content: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One result of a pillar: an estimate, with its interval where there is one."""

    pillar: Pillar
    label: str
    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    unit: str = "1"


class ChaiCard(TypedDict):
    """``AppliedModelCard`` has the sections and fields of the schema, in its order."""

    layout: str
    AppliedModelCard: dict[str, Any]
