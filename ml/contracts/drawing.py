"""Structures that a person drew, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DrawnType = Literal["EXTERNAL", "GTV", "CTV", "PTV", "ORGAN", "CAVITY", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnStructure:
    """One structure on the grid of a series.

    ``runs``: its mask as lengths of runs, unsigned 32-bit little endian, by turns outside and
    inside, first outside; over all voxels, columns fastest, then rows, then slices in ascending
    order along their normal.
    """

    name: str
    interpreted_type: DrawnType
    colour: tuple[int, int, int]
    runs: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """``drawing_id`` fixes the UIDs: the same one written twice is one object."""

    drawing_id: str
    label: str
    author: str
    structures: tuple[DrawnStructure, ...]
