"""Intervals are over subjects: they cover, and are not fooled by many voxels of few people."""

from __future__ import annotations

import numpy as np
import pytest
from monai.metrics.froc import compute_froc_curve_data, compute_froc_score

from ml.evaluation.intervals import (
    FROC_THRESHOLDS,
    POOLS,
    Array,
    bootstrap,
    jackknife,
    paired_bootstrap,
)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    inside = 0
    for trial in range(100):
        found = bootstrap(rng.normal(3, 1, (25, 1)), "mean", resamples=300, seed=trial)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 3 <= found.high
    assert 85 <= inside <= 99


def test_clustered_data_have_a_wider_interval_by_subject_than_by_voxel() -> None:
    rng = np.random.default_rng(2)
    people = rng.normal(0, 1, (10, 1))
    voxels = people + rng.normal(0, 1, (10, 200))

    def width(parts: Array) -> float:
        found = bootstrap(parts.reshape(-1, 1), "mean", resamples=300)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(voxels.mean(axis=1)) > 5 * width(voxels)


def test_the_same_seed_gives_the_same_interval() -> None:
    parts = np.random.default_rng(0).random((9, 1))
    assert bootstrap(parts, "mean", seed=1) == bootstrap(parts, "mean", seed=1)
    assert bootstrap(parts, "mean", seed=1) != bootstrap(parts, "mean", seed=2)


def test_two_subjects_have_a_value_and_no_interval() -> None:
    found = bootstrap(np.array([[1.0], [3.0]]), "mean")
    assert (found.value, found.low, found.high) == (2, None, None)


def test_subjects_all_alike_still_have_an_interval() -> None:
    found = bootstrap(np.ones((5, 1)), "mean")
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert "percentile" in found.method


def test_pools_by_hand() -> None:
    counts = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    assert POOLS["f1"](counts) == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    assert POOLS["ratio"](np.array([[1.0, 2.0], [0.0, 2.0]])) == pytest.approx(0.25)
    # Two findings: F1 of 1 and of 0.5, whose mean is 0.75 however rare each is.
    macro = np.array([[3.0, 0, 0, 1, 1, 1]])
    assert POOLS["macro f1"](macro) == pytest.approx(0.75)
    assert np.isnan(POOLS["ratio"](np.zeros((2, 2))))


def test_free_response_agrees_with_monai() -> None:
    rng = np.random.default_rng(0)
    thresholds = np.array(FROC_THRESHOLDS)
    true, false = rng.choice(thresholds, 30), rng.choice(thresholds, 60)
    parts = [
        *((true >= t).sum() for t in thresholds),
        *((false >= t).sum() for t in thresholds),
        40,
        10,
    ]
    # MONAI drops the lowest score; one that nothing else has keeps its curve whole.
    curve = compute_froc_curve_data(np.append(false, 0.01), true, 40, 10)
    expected = compute_froc_score(*curve)
    assert POOLS["froc"](np.array([parts], float)) == pytest.approx(float(expected))


def test_what_is_hard_for_both_falls_out_of_a_difference() -> None:
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 10, (12, 1))
    first, second = hard + rng.normal(0, 0.1, hard.shape), hard + 1 + rng.normal(0, 0.1, hard.shape)
    found = paired_bootstrap(first, second, "mean", resamples=300)
    assert found.value == pytest.approx(1, abs=0.2)
    assert found.low is not None
    assert found.low > 0.7
    with pytest.raises(ValueError, match="shape"):
        paired_bootstrap(first, second[:4], "mean")


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = {f"s{n}": float(v) for n, v in enumerate(np.random.default_rng(3).normal(0, 1, 40))}

    def mean(keep) -> float:  # type: ignore[no-untyped-def]
        return float(np.mean([v for name, v in values.items() if keep(name)]))

    everything = np.array(list(values.values()))
    found = jackknife(mean, list(values), float(everything.mean()))
    assert found.high is not None
    assert found.value is not None
    error = everything.std(ddof=1) / np.sqrt(40)
    assert found.high - found.value == pytest.approx(2.0227 * error, rel=1e-3)
