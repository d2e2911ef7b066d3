"""Images and masks as the network's state, and what conditions a prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ml.models.followup.config import SPACING_MM, TREATMENTS

# Signed distances are cut at REACH_MM and given in SDF_UNIT_MM.
REACH_MM, SDF_UNIT_MM = 24.0, 8.0
_HUNDRED_DAYS, _YEAR = 100.0, 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: ``days`` after the base under ``treatment`` (index of ``TREATMENTS``);
    ``prior_days`` before the base lies the prior, None without one."""

    days: float
    treatment: int
    prior_days: float | None = None

    def scalars(self) -> Tensor:
        """(CONDITION_SCALARS,), float32."""
        years = self.days / _YEAR
        chosen = torch.zeros(len(TREATMENTS))
        chosen[self.treatment] = 1.0
        prior = (0.0, 0.0) if self.prior_days is None else (1.0, self.prior_days / _YEAR)
        numbers = torch.tensor([years, math.log1p(self.days / 30.0) / 2.5, *prior])
        return torch.cat([numbers, chosen, chosen * years])


def signed_distance(share: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Signed distance (z, y, x) to the border of ``share`` >= 1/2 at 2 mm, inside positive, in
    ``SDF_UNIT_MM``, cut at ``REACH_MM``; sharper than a voxel where the share has a slope."""
    inside = share >= 0.5
    far = np.float32(REACH_MM / SDF_UNIT_MM)
    if not inside.any():
        return np.full(share.shape, -far, dtype=np.float32)
    half = SPACING_MM[0] / 2
    out = ndimage.distance_transform_edt(inside, sampling=SPACING_MM) - half
    back = ndimage.distance_transform_edt(~inside, sampling=SPACING_MM) - half
    distance = np.where(inside, out, -back)
    # On both sides of the border the share itself says how far it is.
    near = np.abs(distance) <= half
    fine = np.clip(share - 0.5, -0.5, 0.5) * SPACING_MM[0]
    distance = np.where(near & (np.abs(share - 0.5) < 0.49), fine, distance)
    cut: NDArray[np.float32] = np.clip(distance / SDF_UNIT_MM, -far, far).astype(np.float32)
    return cut


def occupied(distance: Tensor) -> Tensor:
    """Share 0..1 of a voxel inside a border from its signed distance (``SDF_UNIT_MM``)."""
    return (0.5 + distance * (SDF_UNIT_MM / SPACING_MM[0])).clamp(0, 1)


def condition(base: Tensor, brain: Tensor, prior: Tensor | None, question: Question) -> Tensor:
    """Planes (CONDITION_PLANES, z, y, x).

    Args:
        base: state (4, z, y, x), see ``config.STATE``.
        brain: (z, y, x), 1 inside.
        prior: signed distance (z, y, x) of the visible tumour at the prior, on the base's grid.
    """
    if prior is None or question.prior_days is None:
        earlier = torch.zeros(2, *brain.shape)
    else:
        rate = (base[1] - prior) * (_HUNDRED_DAYS / question.prior_days)
        earlier = torch.stack([prior, rate.clamp(-3, 3)])
    return torch.cat([base, brain[None], earlier])


def normalised(image: Tensor) -> Tensor:
    """As the reader sees any image: the mean of what is above a tenth of its bright end is 1."""
    bright = torch.quantile(image.flatten()[::7], 0.98)
    body = image[image > 0.15 * bright]
    scale = body.mean() if body.numel() else bright.clamp_min(1e-6)
    return (image / scale.clamp_min(1e-6)).clamp(0, 4)
