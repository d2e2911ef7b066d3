"""Every number that decides the result of a training run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ml.models.followup.config import Family, FollowNetConfig, config_of

FAMILIES: tuple[Family, ...] = ("reader", "regression", "vae", "flow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """``minutes``: the budget of the run; its learning rate falls to zero by then, so that the
    same recipe works on a slow machine and on a fast one. ``max_steps`` ends it earlier."""

    family: Family = "regression"
    seed: int = 20261
    minutes: float = 8.0
    max_steps: int = 100_000
    batch: int = 2
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-3
    warmup_steps: int = 30
    ema_decay: float = 0.995
    gradient_clip: float = 1.0
    kl_weight: float = 0.003
    noise: float = 0.03

    @property
    def model(self) -> FollowNetConfig:
        return config_of(self.family)

    def as_dict(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "model": dataclasses.asdict(self.model)}
