"""Shape of the networks that predict a follow-up, and the tables that they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What is asked for, in the order of the one-hot input.
TREATMENTS = ("none", "resection", "radiotherapy", "chemotherapy")
# The grid of the networks: 2 mm, a box of 128 mm around the lesion.
SPACING_MM = (2.0, 2.0, 2.0)
CROP = (64, 64, 64)
# The state at a visit, as channels: image (white matter about 1), signed distance to the border
# of the visible tumour and of its core (inside positive, in SDF_UNIT_MM), share of ventricle.
STATE = ("image", "visible", "core", "ventricle")
# Days of the training data: predictions beyond are warned of.
DAYS = (20.0, 480.0)
# Visible tumour at the base of the training data, in ml: smaller ones are not seen, larger ones
# leave the crop.
LESION_ML = (1.5, 60.0)

Family = Literal["reader", "regression", "vae", "flow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowNetConfig:
    """Numbers that fix the architecture: stored beside the weights, checked at load.

    ``inputs`` and ``outputs``: planes; ``scalars``: numbers that steer every level (days,
    treatment, a flow's time, a latent); ``channels``: width per level, of which the first works at
    half the resolution of the input; ``latent``: size of the latent of a VAE, else 0.
    """

    family: Family
    inputs: int
    outputs: int = len(STATE)
    scalars: int = 0
    latent: int = 0
    channels: tuple[int, ...] = (32, 64, 128)
    groups: int = 8

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or any(width % self.groups for width in self.channels):
            raise ValueError("channels: at least two levels, all widths multiples of groups")

    @property
    def stride(self) -> int:
        """Input sizes must be multiples of this many voxels."""
        return int(2 ** len(self.channels))


# Condition planes: the base's state, its brain, the prior's visible tumour (zero without one) and
# the change since then per 100 days.
CONDITION_PLANES = len(STATE) + 3
# Scalars: days, log of days, treatment, treatment times days, prior there, its interval.
CONDITION_SCALARS = 2 + 2 * len(TREATMENTS) + 2
LATENT = 6


def config_of(family: Family) -> FollowNetConfig:
    """The shipped shape of a family."""
    if family == "reader":
        return FollowNetConfig(family=family, inputs=1)
    if family == "regression":
        return FollowNetConfig(family=family, inputs=CONDITION_PLANES, scalars=CONDITION_SCALARS)
    if family == "vae":
        return FollowNetConfig(
            family=family,
            inputs=CONDITION_PLANES,
            scalars=CONDITION_SCALARS + LATENT,
            latent=LATENT,
        )
    return FollowNetConfig(
        family=family, inputs=CONDITION_PLANES + len(STATE), scalars=CONDITION_SCALARS + 1
    )
