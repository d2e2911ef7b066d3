"""The label key of whole-head anatomies, as data.

Three numberings meet here:

* **source ids** are what an anatomy file carries: FreeSurfer ids inside the brain, SynthSeg's
  extended head classes outside it (502..530);
* **codes** are dense indices 0..N-1 of the source ids (one byte a voxel, what the simulator
  deforms);
* **tissues** are what a segmenter predicts: the same structure left and right is one tissue, and
  the side is a separate question.

Source of the key: FreeSurferColorLUT; SynthSeg (Billot et al., Med. Image Anal. 2023) for the
brain set; head classes named by geometry and T1 intensity.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray


class Side(IntEnum):
    """Side of the body of a structure; ``MIDLINE`` for all that is not paired."""

    MIDLINE = 0
    LEFT = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """One class of the segmenter: its name and the ids it is written with on either side."""

    name: str
    left_id: int
    right_id: int
    in_brain: bool = False

    @property
    def lateral(self) -> bool:
        return self.left_id != self.right_id


def _paired(name: str, left_id: int, right_id: int) -> Tissue:
    return Tissue(name=name, left_id=left_id, right_id=right_id, in_brain=True)


def _single(name: str, label_id: int, in_brain: bool = False) -> Tissue:
    return Tissue(name=name, left_id=label_id, right_id=label_id, in_brain=in_brain)


TISSUES: tuple[Tissue, ...] = (
    _single("background", 0),
    _paired("cerebral white matter", 2, 41),
    _paired("cerebral cortex", 3, 42),
    _paired("lateral ventricle", 4, 43),
    _paired("inferior lateral ventricle", 5, 44),
    _paired("cerebellar white matter", 7, 46),
    _paired("cerebellar cortex", 8, 47),
    _paired("thalamus", 10, 49),
    _paired("caudate", 11, 50),
    _paired("putamen", 12, 51),
    _paired("pallidum", 13, 52),
    _paired("hippocampus", 17, 53),
    _paired("amygdala", 18, 54),
    _paired("accumbens area", 26, 58),
    _paired("ventral diencephalon", 28, 60),
    _single("third ventricle", 14, in_brain=True),
    _single("fourth ventricle", 15, in_brain=True),
    _single("brain stem", 16, in_brain=True),
    _single("cerebrospinal fluid", 24),
    _single("compact bone", 515),
    _single("spongy bone", 516),
    _single("soft tissue", 507),
    _single("skin", 511),
    _single("eye", 506),
    _single("vessels and sinuses", 502),
    _single("spinal cord", 512),
)


@dataclass(frozen=True, slots=True)
class SourceLabel:
    """One id found in anatomy files: the tissue it counts as, its side, and the matter it is
    made of (a key of ``ml.simulate.matter.MATTER``: what decides its intensity)."""

    label_id: int
    tissue: str
    side: Side
    matter: str


def _pair(left_id: int, right_id: int, tissue: str, matter: str) -> tuple[SourceLabel, ...]:
    return (
        SourceLabel(left_id, tissue, Side.LEFT, matter),
        SourceLabel(right_id, tissue, Side.RIGHT, matter),
    )


def _mid(label_id: int, tissue: str, matter: str) -> SourceLabel:
    return SourceLabel(label_id, tissue, Side.MIDLINE, matter)


SOURCE_LABELS: tuple[SourceLabel, ...] = (
    _mid(0, "background", "air"),
    *_pair(2, 41, "cerebral white matter", "white matter"),
    *_pair(3, 42, "cerebral cortex", "cortex"),
    *_pair(4, 43, "lateral ventricle", "ventricular fluid"),
    *_pair(5, 44, "inferior lateral ventricle", "ventricular fluid"),
    *_pair(7, 46, "cerebellar white matter", "cerebellar white matter"),
    *_pair(8, 47, "cerebellar cortex", "cerebellar cortex"),
    *_pair(10, 49, "thalamus", "thalamus"),
    *_pair(11, 50, "caudate", "caudate"),
    *_pair(12, 51, "putamen", "putamen"),
    *_pair(13, 52, "pallidum", "pallidum"),
    *_pair(17, 53, "hippocampus", "hippocampus"),
    *_pair(18, 54, "amygdala", "amygdala"),
    *_pair(25, 57, "cerebral white matter", "white matter lesion"),
    *_pair(26, 58, "accumbens area", "accumbens"),
    *_pair(28, 60, "ventral diencephalon", "ventral diencephalon"),
    *_pair(30, 62, "cerebral white matter", "perivascular space"),
    # Rims along the ventricles with the intensity of choroid plexus.
    *_pair(136, 163, "lateral ventricle", "choroid plexus"),
    *_pair(137, 164, "inferior lateral ventricle", "choroid plexus"),
    _mid(14, "third ventricle", "ventricular fluid"),
    _mid(15, "fourth ventricle", "ventricular fluid"),
    _mid(16, "brain stem", "brain stem"),
    _mid(24, "cerebrospinal fluid", "csf"),
    _mid(72, "cerebrospinal fluid", "ventricular fluid"),
    _mid(85, "ventral diencephalon", "optic nerve"),
    _mid(515, "compact bone", "compact bone"),
    _mid(516, "spongy bone", "spongy bone"),
    _mid(507, "soft tissue", "muscle"),
    _mid(508, "soft tissue", "optic nerve"),
    _mid(509, "soft tissue", "mucosa"),
    _mid(530, "soft tissue", "optic nerve"),
    _mid(511, "skin", "skin"),
    _mid(506, "eye", "vitreous"),
    _mid(502, "vessels and sinuses", "artery"),
    _mid(514, "vessels and sinuses", "venous blood"),
    _mid(512, "spinal cord", "spinal cord"),
)

_TISSUE_INDEX = {tissue.name: index for index, tissue in enumerate(TISSUES)}
_CODE_OF_ID = {label.label_id: code for code, label in enumerate(SOURCE_LABELS)}


def tissue_index(name: str) -> int:
    """Index of a tissue in :data:`TISSUES`. Raises ``KeyError`` for an unknown name."""
    return _TISSUE_INDEX[name]


def code_of(label_id: int) -> int:
    """Dense code of a source id. Raises ``KeyError`` for an unknown id."""
    return _CODE_OF_ID[label_id]


@cache
def code_to_tissue() -> NDArray[np.uint8]:
    """Table (codes,) uint8: tissue index of every code."""
    return np.array([_TISSUE_INDEX[label.tissue] for label in SOURCE_LABELS], dtype=np.uint8)


@cache
def code_to_side() -> NDArray[np.uint8]:
    """Table (codes,) uint8: :class:`Side` of every code."""
    return np.array([label.side for label in SOURCE_LABELS], dtype=np.uint8)


@cache
def mirrored_code() -> NDArray[np.uint8]:
    """Table (codes,) uint8: the code of the same structure on the other side."""
    by_key: dict[tuple[str, str, Side], int] = {
        (label.tissue, label.matter, label.side): code
        for code, label in enumerate(SOURCE_LABELS)
        if label.side is not Side.MIDLINE
    }
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    return np.array(
        [
            code if label.side is Side.MIDLINE
            else by_key[label.tissue, label.matter, other[label.side]]
            for code, label in enumerate(SOURCE_LABELS)
        ],
        dtype=np.uint8,
    )  # fmt: skip


def encode(label_ids: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Turn a volume of source ids (z, y, x) into codes (same shape, uint8).

    Raises:
        ValueError: the volume holds an id that the key does not name.
    """
    present = np.unique(label_ids)
    unknown = [int(i) for i in present if int(i) not in _CODE_OF_ID]
    if unknown:
        raise ValueError(f"label ids not in the head key: {unknown}")
    table = np.zeros(int(present.max()) + 1, dtype=np.uint8)
    for label_id in present:
        table[label_id] = _CODE_OF_ID[int(label_id)]
    codes: NDArray[np.uint8] = table[label_ids]
    return codes


def combine(tissue: NDArray[np.uint8], is_left: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Label ids (FreeSurfer inside the brain) from tissue indices and side, any shape."""
    left = np.array([t.left_id for t in TISSUES], dtype=np.int16)
    right = np.array([t.right_id for t in TISSUES], dtype=np.int16)
    return np.where(is_left, left[tissue], right[tissue])
