"""The recipe of the shipped synthetic-CT networks: every number that decides the result."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Literal

from ml.models.synthetic_ct.config import PlaneUNetConfig, Site
from ml.models.synthetic_ct.sampling import FLOW_NOISE

Family = Literal["regression", "l1", "gan", "flow"]
FAMILIES: tuple[Family, ...] = ("regression", "l1", "gan", "flow")
FOLDS = 3
# People drawn from each label map of the head.
HEAD_VARIANTS = 2
# The network that ships is the one that never saw these patients, so that what is shown of them
# is held out.
SHIPPED_FOLD = 0

# What each family puts out (planes) and is given beside the MR (the flow's state and its time).
_OUTPUTS: dict[Family, int] = {"regression": 3, "l1": 1, "gan": 1, "flow": 1}
_EXTRA: dict[Family, int] = {"regression": 0, "l1": 0, "gan": 0, "flow": 2}
_GRIDS: dict[Site, tuple[tuple[float, float, float], tuple[int, ...]]] = {
    "extremity": ((3.27, 0.9765625, 0.9765625), (-2, -1, 0, 1, 2)),
    "head": ((1.0, 1.0, 1.0), (-3, -1, 0, 1, 3)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One training run; the same numbers for every family, so that they can be compared.

    Weights of the losses are relative to the mean absolute error in thousands of HU. ``crop``:
    pixels of a training view; the learning rate follows a cosine over all ``steps``.
    """

    site: Site = "extremity"
    family: Family = "regression"
    seed: int = 20252
    steps: int = 900
    batch: int = 8
    crop: int = 128
    learning_rate: float = 1e-3
    warmup_steps: int = 30
    weight_decay: float = 1e-4
    ema_decay: float = 0.995
    gradient_clip: float = 1.0
    gradient_weight: float = 0.2
    bias_weight: float = 0.1
    quantile_weight: float = 0.3
    adversarial_weight: float = 0.02
    flow_noise: float = FLOW_NOISE
    channels: tuple[int, ...] = field(default=(32, 64, 128, 192))

    @property
    def model(self) -> PlaneUNetConfig:
        spacing, offsets = _GRIDS[self.site]
        return PlaneUNetConfig(
            site=self.site,
            spacing_mm=spacing,
            offsets=offsets,
            extra=_EXTRA[self.family],
            outputs=_OUTPUTS[self.family],
            channels=self.channels,
        )

    def as_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self)
