"""The structures of the head as coded concepts: FreeSurfer id ↔ name, SNOMED CT code, colour.

Codes: DICOM PS3.16 CID 7140 (brain structures for volumetric measurements), 7151 and 7166 where
it has none; categories CID 7150. Colours: FreeSurferColorLUT; outside the brain our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydicom.sr.coding import Code

Side = Literal["left", "right"]

ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
TISSUE = Code("85756007", "SCT", "Tissue")
SUBSTANCE = Code("91720002", "SCT", "Body Substance")
LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One segment. ``label`` is its FreeSurfer id (SynthSeg's extension outside the brain)."""

    label: int
    name: str
    code: Code
    category: Code
    colour: tuple[int, int, int]  # sRGB
    side: Side | None = None

    @property
    def side_code(self) -> Code | None:
        return {None: None, "left": LEFT, "right": RIGHT}[self.side]


# name, left id, right id (equal where unpaired), code, meaning, category, colour
_TABLE: tuple[tuple[str, int, int, str, str, Code, tuple[int, int, int]], ...] = (
    ("cerebral white matter", 2, 41, "68523003", "Cerebral White Matter", ANATOMY, (245, 245, 245)),
    ("cerebral cortex", 3, 42, "40146001", "Cerebral cortex", ANATOMY, (205, 62, 78)),
    ("lateral ventricle", 4, 43, "66720007", "Lateral Ventricle", ANATOMY, (120, 18, 134)),
    (
        *("inferior lateral ventricle", 5, 44, "53118009"),
        *("Inferior Horn of Lateral Ventricle", ANATOMY, (196, 58, 250)),
    ),
    (
        *("cerebellar white matter", 7, 46, "33060004"),
        *("Cerebellar White Matter", ANATOMY, (220, 248, 164)),
    ),
    ("cerebellar cortex", 8, 47, "25991003", "Cerebellar Cortex", ANATOMY, (230, 148, 34)),
    ("thalamus", 10, 49, "42695009", "Thalamus", ANATOMY, (0, 118, 14)),
    ("caudate", 11, 50, "11000004", "Caudate Nucleus", ANATOMY, (122, 186, 220)),
    ("putamen", 12, 51, "89278009", "Putamen", ANATOMY, (236, 13, 176)),
    ("pallidum", 13, 52, "14738005", "Globus Pallidus", ANATOMY, (12, 48, 255)),
    ("third ventricle", 14, 14, "49841001", "Third ventricle", ANATOMY, (204, 182, 142)),
    ("fourth ventricle", 15, 15, "35918002", "Fourth Ventricle", ANATOMY, (42, 204, 164)),
    ("brain stem", 16, 16, "119238007", "Brain Stem", ANATOMY, (119, 159, 176)),
    ("hippocampus", 17, 53, "5366008", "Hippocampus", ANATOMY, (220, 216, 20)),
    ("amygdala", 18, 54, "4958002", "Amygdala", ANATOMY, (103, 255, 255)),
    ("cerebrospinal fluid", 24, 24, "65216001", "Cerebrospinal Fluid", SUBSTANCE, (60, 60, 160)),
    ("accumbens area", 26, 58, "427667007", "Nucleus Accumbens", ANATOMY, (255, 165, 0)),
    (
        *("ventral diencephalon", 28, 60, "110700"),
        *("Ventral Diencephalon", ANATOMY, (165, 42, 42)),
    ),
    ("vessels and sinuses", 502, 502, "59820001", "Blood Vessel", ANATOMY, (170, 30, 30)),
    ("eye", 506, 506, "81745001", "Eye", ANATOMY, (90, 200, 240)),
    ("soft tissue", 507, 507, "87784001", "Soft tissue", TISSUE, (200, 130, 110)),
    ("skin", 511, 511, "39937001", "Skin", TISSUE, (240, 200, 170)),
    ("spinal cord", 512, 512, "2748008", "Spinal cord", ANATOMY, (240, 240, 160)),
    ("compact bone", 515, 515, "3138006", "Bone", TISSUE, (235, 225, 200)),
    ("spongy bone", 516, 516, "3138006", "Bone", TISSUE, (190, 160, 120)),
)


@cache
def structures() -> dict[int, Structure]:
    """Every known structure by its label."""
    return {structure.label: structure for structure in _rows()}


def structure(label: int) -> Structure:
    """The structure of ``label``. Raises ``KeyError`` where the table has none."""
    return structures()[label]


def _rows() -> Iterator[Structure]:
    for name, left, right, value, meaning, category, colour in _TABLE:
        scheme = "DCM" if value == "110700" else "SCT"
        code = Code(value, scheme, meaning)
        if left == right:
            yield Structure(label=left, name=name, code=code, category=category, colour=colour)
            continue
        sides: tuple[tuple[Side, int], ...] = (("left", left), ("right", right))
        for side, label in sides:
            yield Structure(
                label=label,
                name=f"{side} {name}",
                code=code,
                category=category,
                colour=colour,
                side=side,
            )
