"""Prescribed volume change of structures by a smooth, invertible warp.

The velocity is the gradient of a potential whose Laplacian is the wanted local growth
(Poisson's equation, as in Karacali and Davatzikos, IEEE Trans. Med. Imaging 25:649, 2006, and
Khanal et al., NeuroImage 134:35, 2016). What the targets gain, the tissue around them loses, so
that the head keeps its size. The growth is then corrected until the volumes come out as asked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from ml.simulate import labels
from ml.simulate.expansion import flow_of
from ml.simulate.warp import sample_linear, warp

_CORRECTIONS = 6
_TOLERANCE = 0.004
_MARGIN_MM = 12.0
DAYS_A_YEAR = 365.25
# A change of half in one warp still meets its volume.
_LARGEST_LOG = 0.4


def atrophy_warp(
    label_ids: NDArray[np.integer],
    spacing_mm: tuple[float, float, float],
    target: Mapping[int, float],
) -> NDArray[np.float32]:
    """Displacement that changes the volume of labels as prescribed.

    Args:
        label_ids: label ids (z, y, x).
        spacing_mm: voxel size (z, y, x).
        target: label id to relative change, for example ``{4: 0.15, 43: 0.15}`` enlarges both
            lateral ventricles by 15 %. Changes beyond -50..+100 % need several visits.

    Returns:
        float32 (3, z, y, x) in mm, a pull for ``ml.simulate.warp.warp``; zero far from the brain.

    Raises:
        ValueError: a label is absent, a change lies outside -0.5..1.0, or nothing is left to
            give or take the volume.
    """
    for label_id, change in target.items():
        if not -0.5 <= change <= 1.0:
            raise ValueError(f"relative change of label {label_id} must be within -0.5..1.0")
        if not (label_ids == label_id).any():
            raise ValueError(f"label {label_id} is not in the volume")
    box = _brain_box(label_ids, spacing_mm)
    inside = label_ids[box]
    masks = {i: torch.from_numpy((inside == i).astype(np.float32)) for i in target}
    yielding = _yielding(inside, list(target))
    rates = {i: float(np.log1p(change)) for i, change in target.items()}
    pull = torch.zeros(3, *inside.shape)
    for _ in range(_CORRECTIONS):
        pull = _flow(rates, masks, yielding, spacing_mm)
        achieved = _changes(masks, pull)
        errors = {i: np.log1p(target[i]) - np.log1p(achieved[i]) for i in target}
        if max(abs(e) for e in errors.values()) < _TOLERANCE:
            break
        rates = {i: rates[i] + float(errors[i]) for i in target}
    displacement = np.zeros((3, *label_ids.shape), dtype=np.float32)
    scale = torch.tensor(spacing_mm)[:, None, None, None]
    displacement[(slice(None), *box)] = (pull * scale).numpy()
    return displacement


def atrophy_over(
    label_ids: NDArray[np.integer],
    spacing_mm: tuple[float, float, float],
    annual_change: Mapping[int, float],
    days: float,
) -> NDArray[np.float32]:
    """Displacement after ``days`` of a steady relative change per year, also backwards in time.

    A rate r gives (1 + r)^(days / 365.25) - 1. Times whose change is too large for one warp are
    taken in equal steps, each on the labels that the last one left; labels absent from the volume
    are passed over.

    Returns:
        float32 (3, z, y, x) in mm, a pull from the later anatomy to ``label_ids``.

    Raises:
        ValueError: a rate of -100 % or below, or nothing is left to give or take the volume.
    """
    rates = {i: r for i, r in annual_change.items() if r and (label_ids == i).any()}
    if any(rate <= -1 for rate in rates.values()):
        raise ValueError("a structure cannot lose all of its volume")
    total = np.zeros((3, *label_ids.shape), dtype=np.float32)
    logs = {i: float(np.log1p(rate)) * days / DAYS_A_YEAR for i, rate in rates.items()}
    if not any(logs.values()):
        return total
    steps = int(np.ceil(max(abs(log) for log in logs.values()) / _LARGEST_LOG))
    due = {i: log / steps for i, log in logs.items()}
    now, scale = label_ids, torch.tensor(spacing_mm)[:, None, None, None]
    masks = {i: torch.from_numpy((label_ids == i).astype(np.float32)) for i in logs}
    # Labels are whole voxels, so several steps add up their rounding; the last ones correct it.
    for step in range(1, steps + _CORRECTIONS):
        pull = atrophy_warp(now, spacing_mm, {i: float(np.expm1(log)) for i, log in due.items()})
        carried = sample_linear(torch.from_numpy(total), torch.from_numpy(pull) / scale).numpy()
        total = pull + carried
        if steps == 1:
            break
        now = warp(label_ids, total, spacing_mm, order=0)
        achieved = _changes(masks, torch.from_numpy(total) / scale)
        goal = min(step + 1, steps) / steps
        due = {i: goal * log - float(np.log1p(achieved[i])) for i, log in logs.items()}
        if step >= steps and max(abs(log) for log in due.values()) < _TOLERANCE:
            break
        due = {i: log for i, log in due.items() if (now == i).any()}
    return total


def volume_change(
    label_ids: NDArray[np.integer],
    displacement_mm: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    label_id: int,
) -> float:
    """Relative volume change of one label under a displacement, with partial volumes counted."""
    scale = torch.tensor(spacing_mm)[:, None, None, None]
    mask = torch.from_numpy((label_ids == label_id).astype(np.float32))
    return _changes({label_id: mask}, torch.from_numpy(displacement_mm) / scale)[label_id]


def _brain_box(
    label_ids: NDArray[np.integer], spacing_mm: tuple[float, float, float]
) -> tuple[slice, slice, slice]:
    brain = np.isin(label_ids, _brain_ids())
    slices = []
    for axis in range(3):
        filled = np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis)))
        if filled.size == 0:
            raise ValueError("the volume holds no brain")
        margin = round(_MARGIN_MM / spacing_mm[axis])
        low, high = filled[0] - margin, filled[-1] + 1 + margin
        slices.append(slice(max(0, int(low)), min(label_ids.shape[axis], int(high))))
    return slices[0], slices[1], slices[2]


def _brain_ids() -> list[int]:
    brain = {i for t in labels.TISSUES if t.in_brain for i in (t.left_id, t.right_id)}
    return sorted(brain)


def _yielding(inside: NDArray[np.integer], targets: list[int]) -> torch.Tensor:
    """Where volume is given or taken: fluid around the brain most, brain tissue a little."""
    softness = np.isin(inside, _brain_ids()).astype(np.float32) * 0.3
    softness[inside == 24] = 1.0
    softness[np.isin(inside, targets)] = 0.0
    if softness.sum() == 0:
        raise ValueError("nothing around the targets can yield")
    return torch.from_numpy(softness / softness.sum())


def _flow(
    rates: Mapping[int, float],
    masks: Mapping[int, torch.Tensor],
    yielding: torch.Tensor,
    spacing_mm: tuple[float, float, float],
) -> torch.Tensor:
    """Pull displacement in voxels of the flow whose divergence is ``rates`` on the masks."""
    growth = sum((rates[i] * masks[i] for i in rates), torch.zeros_like(yielding))
    growth = growth - growth.sum() * yielding
    return flow_of(growth, spacing_mm)


def _changes(masks: Mapping[int, torch.Tensor], pull: torch.Tensor) -> dict[int, float]:
    return {
        label_id: float(sample_linear(mask[None], pull).sum() / mask.sum()) - 1.0
        for label_id, mask in masks.items()
    }
