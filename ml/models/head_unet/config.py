"""Shape of the head segmenter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadUNetConfig:
    """Numbers that fix the architecture: stored beside the weights, checked at load.

    ``channels``: width per level, the first at two voxels. ``embedding``: width in which each
    sub-voxel is described before it is classified. ``detail``: width of the last look at the image
    beside what the network made of it, for borders finer than two voxels; 0 for none.
    ``tissues``: number of tissue classes; one more output says left or right.
    ``groups``: of group normalisation.
    """

    channels: tuple[int, ...] = (32, 64, 128, 192)
    embedding: int = 32
    detail: int = 0
    tissues: int = 26
    groups: int = 8

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or any(
            width % self.groups for width in (*self.channels, self.detail)
        ):
            raise ValueError("channels: at least two levels, all widths multiples of groups")

    @property
    def stride(self) -> int:
        """Input sizes must be multiples of this many voxels."""
        return int(2 ** len(self.channels))

    @property
    def outputs(self) -> int:
        """Values per voxel: tissue logits and the side logit."""
        return self.tissues + 1
