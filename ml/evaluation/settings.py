"""What a person asks of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml.contracts.evaluation import Tier

DataKind = Literal["simulated", "held-out real", "published", "not given"]
DATA_KINDS: tuple[DataKind, ...] = ("simulated", "held-out real", "published", "not given")
TIERS: tuple[Tier, ...] = ("pixel", "feature", "task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Folders and choices of one evaluation.

    ``value_range``: the population's lowest and highest value; None takes the task's own, or those
    of all references where the task has none or ``range_from_references`` asks for it.
    ``hounsfield``: the images are CT. ``network``: checkpoint of the frozen head segmenter.
    ``masks`` and ``labels``: folders paired by name with the reference.
    """

    task: str
    pred: Path
    ref: Path
    floor: Path | None = None
    baseline: Path | None = None
    masks: Path | None = None
    labels: Path | None = None
    subjects: Path | None = None
    tiers: tuple[Tier, ...] = TIERS
    value_range: tuple[float, float] | None = None
    range_from_references: bool = False
    hounsfield: bool = False
    network: Path | None = None
    data_name: str = ""
    data_kind: DataKind = "not given"
    seed: int = 0
    resamples: int = 2000
    command: str = ""
