"""What speaks against trusting a head segmentation, as flags with a text for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.models.head_unet.segmenter import VoxelClasses
from ml.simulate import labels

# Adult brains with ventricles measure about 950 to 1,800 ml (Buckner et al., NeuroImage 23:724,
# 2004, intracranial); a margin on both sides for children and for error.
_LEAST_BRAIN_ML = 300.0
_SMALL_BRAIN_ML, _LARGE_BRAIN_ML = 750.0, 2000.0
_FRAGMENTED_SHARE = 0.03
_LOW_CONFIDENCE = 0.75
_LOPSIDED_SHARE = 0.12
_EDGE_MM2 = 400


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason for doubt: a stable code, and a text for the reader."""

    code: str
    text: str


def quality_flags(
    tissue: NDArray[np.uint8],
    classes: VoxelClasses,
    volumes_ml: Mapping[int, float],
    changed_share: float,
) -> tuple[Flag, ...]:
    """Flags of a segmentation at 1 mm; empty when nothing is amiss.

    Raises:
        InputRefused: there is hardly any brain, so this is no head or not one that can be read.
    """
    brain = np.array([t.in_brain for t in labels.TISSUES])[tissue]
    brain_ml = float(brain.sum()) / 1000.0
    if brain_ml < _LEAST_BRAIN_ML:
        raise InputRefused("No brain was found in this image.")
    flags = []
    if not _SMALL_BRAIN_ML <= brain_ml <= _LARGE_BRAIN_ML:
        flags.append(Flag("brain_size", f"The brain measures {brain_ml:.0f} ml: implausible."))
    if _touches_edge(brain):
        flags.append(Flag("field_of_view", "The field of view cuts off part of the brain."))
    if changed_share > _FRAGMENTED_SHARE:
        flags.append(Flag("fragmented", "Many structures fell into pieces and were cleaned up."))
    if float(classes.confidence[brain].astype(np.float32).mean()) < _LOW_CONFIDENCE:
        flags.append(Flag("low_confidence", "The model is unsure about much of the brain."))
    left, right = (sum(volumes_ml.get(i, 0.0) for i in ids) for ids in ((2, 3), (41, 42)))
    if abs(left - right) > _LOPSIDED_SHARE * max(left + right, 1e-6) / 2:
        flags.append(
            Flag("lopsided", "The hemispheres differ in size by more than expected: check sides.")
        )
    return tuple(flags)


def _touches_edge(brain: NDArray[np.bool_]) -> bool:
    faces = [np.take(brain, index, axis=axis) for axis in range(3) for index in (0, -1)]
    return any(int(face.sum()) > _EDGE_MM2 for face in faces)
