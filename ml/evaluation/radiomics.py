"""A fixed vector of radiomics: IBSI first-order statistics, and grey-level co-occurrence.

Names are those of the Image Biomarker Standardisation Initiative (Zwanenburg et al., Radiology
2020). Co-occurrence is scikit-image's, at one voxel in the slice, with the four directions and all
slices merged into one matrix (IBSI: 2.5D, merged), over 32 bins of a fixed number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import canberra

from ml.evaluation.intervals import Array

BINS = 32
_COOCCURRENCE = ("contrast", "dissimilarity", "homogeneity", "ASM", "correlation", "entropy")
_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)


def first_order(values: NDArray[Any]) -> dict[str, float]:
    """Statistics of the intensities (n,) in a region, in the image's unit or none."""
    x = values.astype(np.float64)
    p10, p25, median, p75, p90 = (float(v) for v in np.percentile(x, [10, 25, 50, 75, 90]))
    robust = x[(x >= p10) & (x <= p90)]
    # A region of one value has no shape, and rounding would give it one.
    shaped = bool(x.std() > 1e-9 * max(1.0, abs(float(x.mean()))))
    return {
        "mean": float(x.mean()),
        "variance": float(x.var()),
        "skewness": float(stats.skew(x)) if shaped else 0.0,
        "kurtosis": float(stats.kurtosis(x)) if shaped else 0.0,
        "median": median,
        "p10": p10,
        "p90": p90,
        "interquartile range": p75 - p25,
        "mean absolute deviation": float(np.abs(x - x.mean()).mean()),
        "robust mean absolute deviation": float(np.abs(robust - robust.mean()).mean()),
        "median absolute deviation": float(np.abs(x - median).mean()),
        "root mean square": float(np.sqrt((x**2).mean())),
    }


def cooccurrence(bins: NDArray[np.integer[Any]], levels: int) -> dict[str, float]:
    """Texture of a discretised image (z, y, x): 1..``levels`` in the region, 0 outside."""
    from skimage.feature import graycomatrix, graycoprops

    counts = np.zeros((levels, levels), dtype=np.float64)
    for plane in bins:
        if plane.any():
            pairs = graycomatrix(
                plane.astype(np.uint8), [1], _ANGLES, levels=levels + 1, symmetric=True
            )
            counts += pairs[1:, 1:, 0].sum(axis=-1)
    if not counts.any():
        return dict.fromkeys(_COOCCURRENCE, 0.0)
    matrix = counts[:, :, None, None]
    return {name: float(graycoprops(matrix, name)[0, 0]) for name in _COOCCURRENCE}


def radiomics(
    image: NDArray[Any], mask: NDArray[np.bool_], scale: tuple[float, float]
) -> dict[str, float]:
    """The whole vector.

    Args:
        image: (z, y, x).
        mask: the region, bool (z, y, x), not empty.
        scale: intensities between which the 32 bins lie; beyond is cut.
    """
    low, high = scale
    share = (image.astype(np.float64) - low) / (high - low)
    binned = np.clip(np.floor(share * BINS), 0, BINS - 1).astype(np.int16) + 1
    counts = np.bincount(binned[mask], minlength=BINS + 1)[1:]
    probability = counts[counts > 0] / counts.sum()
    return {
        **first_order(share[mask]),
        "intensity entropy": float(-(probability * np.log2(probability)).sum()),
        "intensity uniformity": float((probability**2).sum()),
        **cooccurrence(np.where(mask, binned, 0), BINS),
    }


def vector(features: dict[str, float]) -> Array:
    """The features as (1, n), in their order."""
    return np.array([list(features.values())], dtype=np.float64)


def radiomics_distance(first: dict[str, float], second: dict[str, float]) -> float:
    """Mean of |a - b| / (|a| + |b|) over the features (Canberra): 0 for equal, at most 1."""
    return float(canberra(vector(first)[0], vector(second)[0])) / len(first)
