"""The task tier of lesion detection: lesions are counted one by one, never by voxel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from ml.evaluation.case import LabelPair, Values
from ml.evaluation.intervals import FROC_THRESHOLDS

# Voxels that touch at a corner are one lesion.
_TOUCHING = ndimage.generate_binary_structure(3, 3)
# nnDetection's (Baumgartner et al., MICCAI 2021): in three dimensions half a lesion's volume is
# lost to an error of a voxel all round, so that a stricter overlap would measure the outline.
MIN_OVERLAP = 0.1


def lesion_metrics(pair: LabelPair) -> Values:
    """Sensitivity, false positives, F1 and free-response of one volume, as counts to be pooled.

    Lesions are connected parts. A predicted part and a true one are matched one to one so that
    the sum of their overlaps (intersection over union) is largest; a match of less than 0.1
    counts as none. A prediction with fractions is a probability, cut at 0.5 for all figures but
    the free-response one, which takes 19 thresholds; one of whole numbers has the same mask at
    every threshold.
    """
    truth, _ = ndimage.label(pair.ref.array > 0, structure=_TOUCHING)
    score = pair.pred.array.astype(np.float32)
    if np.array_equal(score, np.rint(score)):
        score = (score > 0).astype(np.float32)
    lesions = float(truth.max())
    hits, alarms = _counts(score >= 0.5, truth)
    curve = [_counts(score >= threshold, truth) for threshold in FROC_THRESHOLDS]
    return {
        ("lesion_sensitivity", ""): (hits, lesions),
        ("lesion_false_positives", ""): (alarms, 1.0),
        ("lesion_f1", ""): (hits, alarms, lesions - hits),
        ("lesion_froc", ""): (*(h for h, _ in curve), *(a for _, a in curve), lesions, 1.0),
    }


def _counts(mask: NDArray[np.bool_], truth: NDArray[Any]) -> tuple[float, float]:
    """Lesions found and false detections of one mask."""
    parts, count = ndimage.label(mask, structure=_TOUCHING)
    lesions = int(truth.max())
    if not count or not lesions:
        return 0.0, float(count)
    both = np.zeros((count + 1, lesions + 1))
    np.add.at(both, (parts.ravel(), truth.ravel()), 1)
    shared = both[1:, 1:]
    union = both[1:].sum(axis=1)[:, None] + both[:, 1:].sum(axis=0)[None] - shared
    overlap = shared / union
    overlap[overlap < MIN_OVERLAP] = 0
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    hits = int((overlap[rows, columns] > 0).sum())
    return float(hits), float(count - hits)
