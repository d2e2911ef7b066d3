"""How well two segmentations agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Dice coefficient of two masks of one shape (Dice 1945) by MONAI; NaN when both are empty."""
    # MONAI takes seconds to import, and only figures need it.
    import torch
    from monai.metrics.meandice import compute_dice

    if not (first.any() or second.any()):
        return float("nan")
    found, truth = (torch.from_numpy(mask.reshape(1, 1, -1).copy()) for mask in (first, second))
    return float(compute_dice(found, truth, ignore_empty=False))


def dice_per_label(
    found: NDArray[np.integer[Any]], truth: NDArray[np.integer[Any]], ids: Iterable[int]
) -> dict[int, float]:
    """Dice of each label id of two label maps of one shape; ids absent from both are left out.

    Raises:
        ValueError: the shapes differ.
    """
    if found.shape != truth.shape:
        raise ValueError("label maps must have one shape")
    scores = {}
    size = int(max(found.max(), truth.max())) + 1
    in_found = np.bincount(found.ravel(), minlength=size)
    in_truth = np.bincount(truth.ravel(), minlength=size)
    in_both = np.bincount(found[found == truth], minlength=size)
    for label_id in ids:
        total = int(in_found[label_id] + in_truth[label_id]) if label_id < size else 0
        if total:
            scores[label_id] = 2.0 * int(in_both[label_id]) / total
    return scores
