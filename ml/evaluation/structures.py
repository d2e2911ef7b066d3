"""The task tier of label maps: overlap, surfaces and volumes of each structure."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.evaluation.case import Values, one
from ml.evaluation.masks import TISSUE_OF_ID
from ml.evaluation.overlap import dice_per_label
from ml.imaging.volume import Volume
from ml.simulate import labels

# What the mean over structures is taken over where label maps are of heads.
BRAIN = frozenset(t.name for t in labels.TISSUES if t.in_brain)


def structure_name(label_id: int) -> str:
    """Tissue with its side by the head key, else the id itself."""
    for tissue in labels.TISSUES:
        if tissue.lateral and label_id in (tissue.left_id, tissue.right_id):
            return f"{'left' if label_id == tissue.left_id else 'right'} {tissue.name}"
    return TISSUE_OF_ID.get(label_id, f"label {label_id}")


def structure_metrics(
    pred: Volume, ref: Volume, ids: Sequence[int] | None = None, *, surfaces: bool = True
) -> Values:
    """Dice, HD95, average surface distance and volume errors per structure of two label maps on
    one grid, and the mean Dice over all (of a head: over those of the brain).

    A structure that only one of them has gets Dice 0 and, as distance, the diagonal of the grid:
    leaving it out would reward what is not found. One that neither has is left out.

    Args:
        pred, ref: whole numbers (z, y, x); 0 is background.
        ids: which labels; all in either by default.
        surfaces: measure distances too, which takes most of the time.
    """
    found, truth = _whole(pred.array), _whole(ref.array)
    present = np.union1d(np.unique(found), np.unique(truth))
    wanted = [int(i) for i in present if i > 0 and (ids is None or int(i) in ids)]
    voxel_ml = ref.voxel_ml
    overlap = dice_per_label(found, truth, wanted)
    boxes = _boxes(found, truth, wanted)
    values: Values = {}
    for label_id in wanted:
        name = structure_name(label_id)
        box = boxes[label_id]
        first, second = found[box] == label_id, truth[box] == label_id
        values["dice", name] = one(overlap[label_id])
        values |= _volumes(name, float(first.sum()) * voxel_ml, float(second.sum()) * voxel_ml)
        if surfaces:
            distances = surface_distances(first, second, ref.spacing, _diagonal(ref))
            values["hd95", name], values["asd", name] = map(one, distances)
    return values | _means(values)


def _means(values: Values) -> Values:
    """Means over structures; of a head, over those of the brain."""
    means: Values = {}
    for metric in ("dice", "hd95", "asd"):
        rows = {name: parts[0] for (key, name), parts in values.items() if key == metric}
        brain = {n: v for n, v in rows.items() if n.removeprefix("left ").removeprefix("right ")
                 in BRAIN}  # fmt: skip
        chosen = brain or rows
        if len(chosen) > 1:
            label = "mean of the brain" if brain else "mean"
            means[metric, label] = one(float(np.mean(list(chosen.values()))))
    return means


def _volumes(name: str, found_ml: float, true_ml: float) -> Values:
    error = found_ml - true_ml
    return {
        ("volume_predicted", name): one(found_ml),
        ("volume_reference", name): one(true_ml),
        ("volume_error", name): one(error),
        ("volume_error_percent", name): one(100 * error / true_ml if true_ml else math.nan),
    }


def surface_distances(
    found: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    worst_mm: float,
) -> tuple[float, float]:
    """95th percentile Hausdorff and average symmetric surface distance in mm, by MONAI.

    Args:
        found, truth: masks (z, y, x).
        spacing_mm: voxel size (z, y, x).
        worst_mm: what counts where one mask is empty.

    Returns:
        Both; NaN where both masks are empty.
    """
    if not found.any() or not truth.any():
        value = math.nan if found.any() == truth.any() else worst_mm
        return value, value
    import torch
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    from monai.metrics.surface_distance import compute_average_surface_distance

    first, second = (torch.from_numpy(np.pad(m, 1)[None, None].copy()) for m in (found, truth))
    spacing = list(spacing_mm)
    with warnings.catch_warnings():
        # MONAI uses an argument of its own that it has deprecated.
        warnings.simplefilter("ignore", FutureWarning)
        hausdorff = compute_hausdorff_distance(
            first, second, include_background=True, spacing=spacing, percentile=95
        )
        average = compute_average_surface_distance(
            first, second, include_background=True, spacing=spacing, symmetric=True
        )
    return float(hausdorff), float(average)


def _boxes(
    found: NDArray[np.int32], truth: NDArray[np.int32], ids: Sequence[int]
) -> dict[int, tuple[slice, ...]]:
    """The box that holds a structure in both maps: distances need look no further."""
    first, second = ndimage.find_objects(found), ndimage.find_objects(truth)
    boxes = {}
    for label_id in ids:
        both = [
            box
            for boxes_of in (first, second)
            if label_id <= len(boxes_of) and (box := boxes_of[label_id - 1]) is not None
        ]
        boxes[label_id] = tuple(
            slice(min(b[axis].start for b in both), max(b[axis].stop for b in both))
            for axis in range(3)
        )
    return boxes


def _whole(array: NDArray[Any]) -> NDArray[np.int32]:
    whole: NDArray[np.int32] = np.rint(array).astype(np.int32)
    return whole


def _diagonal(volume: Volume) -> float:
    return float(np.linalg.norm(np.multiply(volume.shape, volume.spacing)))
