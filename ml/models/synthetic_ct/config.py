"""Shape of the network that makes a CT from an MR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Site = Literal["extremity", "head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneUNetConfig:
    """Numbers that fix architecture and grid: stored beside the weights, checked at load.

    ``spacing_mm`` (z, y, x): the grid the network sees. ``offsets``: which neighbouring slices it
    is shown beside the one it predicts, in slices. ``extra``: further input planes (a flow's state
    and time). ``outputs``: planes that come out. ``channels``: width per level.
    """

    site: Site = "extremity"
    spacing_mm: tuple[float, float, float] = (3.27, 0.977, 0.977)
    offsets: tuple[int, ...] = (-2, -1, 0, 1, 2)
    extra: int = 0
    outputs: int = 3
    channels: tuple[int, ...] = (32, 64, 128, 192)
    groups: int = 8

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or any(width % self.groups for width in self.channels):
            raise ValueError("channels: at least two levels, all widths multiples of groups")
        if 0 not in self.offsets:
            raise ValueError("offsets: the slice itself is among them")

    @property
    def inputs(self) -> int:
        """Input planes."""
        return len(self.offsets) + self.extra

    @property
    def stride(self) -> int:
        """Input sizes must be multiples of this many pixels."""
        return int(2 ** (len(self.channels) - 1))
