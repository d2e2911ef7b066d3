"""What a run ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ml.contracts.events import ArtifactReady


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The outcome of a finished run and everything needed to repeat it (the run capsule).

    ``inputs`` maps an input's name to ``{digest, series_uid?}``, ``weights`` a file's name to its
    SHA-256, ``software`` a package to its version, ``timings`` a step to seconds.
    """

    pipeline: str
    version: str
    seed: int
    params: dict[str, Any]
    inputs: dict[str, dict[str, Any]]
    weights: dict[str, str]
    software: dict[str, str]
    timings: dict[str, float]
    artifacts: list[ArtifactReady]
    values: dict[str, Any] = field(default_factory=dict)
