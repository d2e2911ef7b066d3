"""Figures of whole sets of images, on feature vectors. Pure functions of arrays.

``pred`` and ``ref`` are float64 (images, features) throughout, and distances Euclidean.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.distance import cdist

from ml.evaluation.intervals import Array

# Kynkäänniemi et al., NeurIPS 2019, take 3.
NEIGHBOURS = 3


def frechet_distance(pred: Array, ref: Array) -> float:
    """Fréchet distance of two normal distributions (Heusel et al., NeurIPS 2017). The trace of the
    root of the covariances' product is taken from eigenvalues of a symmetric matrix, which exist
    where there are fewer images than features too."""
    if min(len(pred), len(ref)) < 2:
        return math.nan
    first, second = np.atleast_2d(np.cov(pred, rowvar=False), np.cov(ref, rowvar=False))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    shift = ((pred.mean(axis=0) - ref.mean(axis=0)) ** 2).sum()
    return float(shift + np.trace(first) + np.trace(second) - 2 * shared)


def kernel_distance(pred: Array, ref: Array) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x·y / d + 1)³, as in KID
    (Bińkowski et al., ICLR 2018). May be slightly negative where the sets are alike."""
    n, m = len(pred), len(ref)
    if min(n, m) < 2:
        return math.nan
    dimensions = pred.shape[1]
    own, other, across = (
        (a @ b.T / dimensions + 1) ** 3 for a, b in ((pred, pred), (ref, ref), (pred, ref))
    )
    within = (own.sum() - np.trace(own)) / (n * (n - 1))
    within += (other.sum() - np.trace(other)) / (m * (m - 1))
    return float(within - 2 * across.mean())


def precision(pred: Array, ref: Array) -> float:
    """Share of ``pred`` that lies within the k-nearest-neighbour balls of ``ref``."""
    if len(ref) <= NEIGHBOURS or not len(pred):
        return math.nan
    # Column 0 is each image's distance to itself.
    radius = np.sort(cdist(ref, ref), axis=1)[:, NEIGHBOURS]
    return float((cdist(pred, ref) <= radius[None]).any(axis=1).mean())


def recall(pred: Array, ref: Array) -> float:
    """Share of ``ref`` that lies within the balls of ``pred``."""
    return precision(ref, pred)


def diversity(pred: Array, ref: Array) -> float:
    """Mean distance between two of ``pred`` over that between two of ``ref``: 1 is as different
    from one another as the references, 0 all alike."""
    if min(len(pred), len(ref)) < 2:
        return math.nan
    usual = _mean_distance(ref)
    return _mean_distance(pred) / usual if usual else math.nan


def vendi(pred: Array, ref: Array) -> float:
    """Effective number of different images (Friedman and Dieng, TMLR 2023): the exponential of the
    entropy of the eigenvalues of a Gaussian kernel, whose width is the mean distance between two
    of ``ref``."""
    if min(len(pred), len(ref)) < 2:
        return math.nan
    width = _mean_distance(ref)
    if not width:
        return math.nan
    kernel = np.exp(-(cdist(pred, pred) ** 2) / (2 * width**2)) / len(pred)
    values = np.linalg.eigvalsh(kernel)
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def novelty(pred: Array, ref: Array) -> float:
    """Median distance from ``pred`` to the nearest of ``ref``, over the median distance from one
    of ``ref`` to its nearest other: near 0 for copies, near 1 for images as new as another real
    one."""
    if len(ref) < 2 or not len(pred):
        return math.nan
    among = cdist(ref, ref)
    np.fill_diagonal(among, np.inf)
    usual = float(np.median(among.min(axis=1)))
    return float(np.median(cdist(pred, ref).min(axis=1))) / usual if usual else math.nan


def _mean_distance(features: Array) -> float:
    n = len(features)
    return float(cdist(features, features).sum() / (n * (n - 1)))
