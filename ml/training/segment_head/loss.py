"""Loss of the head segmenter on some of the eight voxels of each of the network's cells.

A random subset of sub-voxel positions per step gives an unbiased estimate of the full loss at a
fraction of the cost of full-resolution logits.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ml.models.head_unet.modeling import HeadUNet


def at_offset(volume: Tensor, offset: int) -> Tensor:
    """The voxels (B, z, y, x) of a volume (B, 2z, 2y, 2x) at sub-voxel ``offset`` 0..7."""
    return volume[:, offset >> 2 & 1 :: 2, offset >> 1 & 1 :: 2, offset & 1 :: 2]


def soft_dice_loss(probability: Tensor, truth: Tensor) -> Tensor:
    """One minus the mean soft Dice over classes present. ``probability`` (N, C), ``truth`` (N,)."""
    classes = probability.shape[1]
    hit = probability.gather(1, truth[:, None])[:, 0]
    overlap = torch.zeros(classes, device=hit.device).index_add(0, truth, hit)
    count = torch.bincount(truth, minlength=classes).float()
    total = probability.sum(dim=0) + count
    dice = (2 * overlap + 1.0) / (total + 1.0)
    return 1 - dice[count > 0].mean()


def head_loss(
    model: HeadUNet,
    features: Tensor,
    tissue: Tensor,
    side: Tensor,
    *,
    offsets: Sequence[int],
    side_weight: float,
) -> dict[str, Tensor]:
    """Cross-entropy, soft Dice and side terms, and their ``total``.

    ``features`` from ``model.trunk``; ``tissue`` and ``side`` uint8 (B, z, y, x) on the
    image's grid. The side is learned where the truth is on the left (1) or right (2).
    """
    logits = torch.cat([_rows(model.logits_at(features, o)) for o in offsets]).float()
    truth = torch.cat([at_offset(tissue, o).reshape(-1) for o in offsets]).long()
    sides = torch.cat([at_offset(side, o).reshape(-1) for o in offsets])
    classes = logits[:, :-1]
    log_probability = functional.log_softmax(classes, dim=1)
    cross_entropy = functional.nll_loss(log_probability, truth)
    dice = soft_dice_loss(log_probability.exp(), truth)
    lateral = sides > 0
    if bool(lateral.any()):
        is_left = (sides[lateral] == 1).float()
        side_term = functional.binary_cross_entropy_with_logits(logits[lateral, -1], is_left)
    else:
        side_term = logits.sum() * 0
    total = cross_entropy + dice + side_weight * side_term
    return {"total": total, "ce": cross_entropy, "dice": dice, "side": side_term}


def _rows(logits: Tensor) -> Tensor:
    """(B, C, z, y, x) -> (B z y x, C)."""
    return logits.permute(0, 2, 3, 4, 1).reshape(-1, logits.shape[1])
