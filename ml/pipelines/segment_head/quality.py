"""What speaks against trusting a head segmentation, as flags with a text for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.dicom.structures import structures
from ml.imaging.volume import Volume
from ml.models.head_unet.scores import HeadScores
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
# Below this expected Dice a volume says little.
_UNRELIABLE_DICE = 0.5


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason for doubt: a stable code, and a text for the reader."""

    code: str
    text: str


def quality_flags(
    image: Volume, classes: VoxelClasses, volumes_ml: Mapping[int, float]
) -> tuple[Flag, ...]:
    """Flags of a segmented image with its volumes by label id; empty when nothing is amiss.

    Raises:
        InputRefused: there is hardly any brain, so this is no head or not one that can be read.
    """
    brain_ids = {i for t in labels.TISSUES if t.in_brain for i in (t.left_id, t.right_id)}
    brain_ml = sum(volumes_ml.get(i, 0.0) for i in brain_ids)
    if brain_ml < _LEAST_BRAIN_ML:
        raise InputRefused("No brain was found in this image.")
    brain = np.array([t.in_brain for t in labels.TISSUES])[classes.tissue]
    flags = []
    if not _SMALL_BRAIN_ML <= brain_ml <= _LARGE_BRAIN_ML:
        flags.append(Flag("brain_size", f"The brain measures {brain_ml:.0f} ml: implausible."))
    if _touches_edge(brain, image.spacing):
        flags.append(Flag("field_of_view", "The field of view cuts off part of the brain."))
    if classes.changed_share > _FRAGMENTED_SHARE:
        flags.append(Flag("fragmented", "Many structures fell into pieces and were cleaned up."))
    if _confidence(classes.scores) < _LOW_CONFIDENCE:
        flags.append(Flag("low_confidence", "The model is unsure about much of the brain."))
    left, right = (sum(volumes_ml.get(i, 0.0) for i in ids) for ids in ((2, 3), (41, 42)))
    if abs(left - right) > _LOPSIDED_SHARE * max(left + right, 1e-6) / 2:
        flags.append(
            Flag("lopsided", "The hemispheres differ in size by more than expected: check sides.")
        )
    if poor := unreliable(classes.quality):
        known = structures()
        names = [f"{known[i].name} ({dice:.2f})" for i, dice in poor.items()]
        text = f"Probably badly outlined (expected Dice): {', '.join(names)}."
        flags.append(Flag("unreliable", text))
    return tuple(flags)


def unreliable(expected_dice: Mapping[int, float]) -> dict[int, float]:
    """The structures whose outline is probably bad, worst first: expected Dice by label id."""
    poor = {i: dice for i, dice in expected_dice.items() if dice < _UNRELIABLE_DICE}
    return dict(sorted(poor.items(), key=lambda item: item[1]))


def _touches_edge(brain: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> bool:
    """Whether a face of the volume (z, y, x) cuts through brain."""
    voxel_mm3 = float(np.prod(spacing_mm))
    return any(
        float(np.take(brain, index, axis=axis).sum()) * voxel_mm3 / spacing_mm[axis] > _EDGE_MM2
        for axis in range(3)
        for index in (0, -1)
    )


def _confidence(scores: HeadScores) -> float:
    """Mean probability of the likeliest tissue in the brain, at the model's voxels."""
    value, best = scores.probability.max(dim=0)
    brain = torch.tensor([t.in_brain for t in labels.TISSUES])[best]
    return float(value[brain].mean()) if bool(brain.any()) else 0.0
