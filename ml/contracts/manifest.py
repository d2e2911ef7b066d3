"""What a pipeline is, needs, takes and gives: read from its ``manifest.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Pillar = Literal["usefulness", "fairness", "safety"]
GeometryKind = Literal["regular", "gapped", "tilted", "mixed", "single", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """What one input image must be. Empty tuples mean no restriction.

    ``synthetic``: images that were simulated or made by a model are taken too; what is derived
    from them is marked as they are. ``ai_made``: of these, also what a model made of somebody's
    images (predicted, synthesised, registered); where false, only simulated patients are.
    ``gate``: the weights entry of the gate that holds back images of another kind than the models
    were made for; empty for none.
    """

    name: str
    title: str
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    geometries: tuple[GeometryKind, ...] = ("regular",)
    min_slices: int = 1
    max_slices: int = 2000
    max_spacing_mm: float | None = None
    min_extent_mm: float | None = None
    synthetic: bool = False
    ai_made: bool = True
    required: bool = True
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    key: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsSpec:
    """One weights file. ``path`` is relative to the repository, or to the data folder's
    ``models/`` when ``installed`` (prepared at set-up, too large for the repository). ``metrics``
    is the JSON file with what was measured of it, relative to the repository; empty for none."""

    name: str
    path: str
    sha256: str
    licence: str
    installed: bool = False
    metrics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMetricSpec:
    """One figure of the model card, taken from a metrics file.

    ``weights`` names the weights entry whose metrics file holds it, ``at`` leads to it there, key
    by key. ``pillar`` is one of the three of the CHAI Applied Model Card.
    """

    pillar: Pillar
    label: str
    weights: str
    at: tuple[str, ...]
    unit: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``uses`` names pipelines whose work this one takes over; their weights are its own too."""

    name: str
    version: str
    title: str
    summary: str
    intended_use: str
    limitations: str
    licence: str
    queue: Literal["gpu", "io"]
    time_limit_s: float
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    weights: tuple[WeightsSpec, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    key_metrics: tuple[KeyMetricSpec, ...] = ()
    card: Path = Path()
