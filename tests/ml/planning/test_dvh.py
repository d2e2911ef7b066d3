"""Histograms and indices against known geometry, and against pyRadPlan's."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pyRadPlan.analysis import DVH

from ml.planning import indices
from ml.planning.dvh import curve, dvh, value
from ml.planning.metrics import metric


def ball(steps: int = 81, radius: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """A ball of ``radius`` mm in a dose that grows by 1 Gy a mm along x: dose and mask at 1 mm."""
    axis = np.arange(steps) - steps // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    return x + 50.0, (z**2 + y**2 + x**2 <= radius**2).astype(np.float32)


def test_a_ball_in_a_linear_dose_has_the_histogram_of_its_caps() -> None:
    dose, mask = ball()
    found = dvh(dose, mask, voxel_ml=0.001)
    assert found.mean == pytest.approx(50.0, abs=0.01)
    assert found.dose_at(50) == pytest.approx(50.0, abs=0.5)
    assert found.volume_ml == pytest.approx(4 / 3 * np.pi * 3**3, rel=0.005)
    for height in (-20.0, -5.0, 10.0, 25.0):  # above it lies a cap of the ball
        low = height + 0.5  # where the voxels above begin
        cap = np.pi * (30 - low) ** 2 * (2 * 30 + low) / 3
        whole = 4 / 3 * np.pi * 30**3
        assert found.volume_at(50 + height + 0.5) == pytest.approx(100 * cap / whole, abs=0.25)
    assert found.volume_at(0.0) == 100.0
    assert found.volume_at(80.1) == 0.0


def test_voxels_that_are_half_inside_count_half() -> None:
    dose = np.array([[[1.0, 2.0, 3.0]]])
    found = dvh(dose, np.array([[[1.0, 0.5, 0.5]]]), voxel_ml=1.0)
    assert found.volume_ml == 2.0
    assert found.mean == pytest.approx((1.0 + 1.0 + 1.5) / 2)
    assert found.volume_at(1.5) == 50.0


def test_a_uniform_dose_has_one_value() -> None:
    found = dvh(np.full((3, 3, 3), 7.0), np.ones((3, 3, 3)), voxel_ml=1.0)
    for name in ("D98", "D95", "D50", "D2", "Dmean", "Dmin", "Dmax", "D2cc"):
        assert value(found, metric(name), 7.0) == pytest.approx(7.0)
    assert value(found, metric("V100%"), 7.0) == 100.0
    assert indices.homogeneity(found) == pytest.approx(0.0)


def test_a_dose_to_two_ccm_is_that_of_the_hottest_two() -> None:
    dose = np.arange(10.0).reshape(1, 1, 10)
    found = dvh(dose, np.ones((1, 1, 10)), voxel_ml=1.0)
    assert 7.0 <= value(found, metric("D2cc"), 1.0) <= 8.5
    assert value(found, metric("D20cc"), 1.0) == 0.0


def test_an_empty_structure_has_no_histogram() -> None:
    with pytest.raises(ValueError, match="empty"):
        dvh(np.ones((2, 2, 2)), np.zeros((2, 2, 2)), voxel_ml=1.0)
    with pytest.raises(ValueError, match="another grid"):
        dvh(np.ones((2, 2, 2)), np.zeros((2, 2, 3)), voxel_ml=1.0)


def test_the_curve_falls_from_all_to_nothing() -> None:
    dose, mask = ball()
    doses, volumes = curve(dvh(dose, mask, voxel_ml=0.001))
    assert len(doses) == len(volumes) == 200
    assert volumes[0] == 100.0
    assert volumes[-1] == 0.0
    assert all(a >= b for a, b in itertools.pairwise(volumes))


def test_histograms_agree_with_those_of_pyradplan() -> None:
    dose, mask = ball()
    ours = dvh(dose, mask, voxel_ml=0.001)
    theirs = DVH.compute(dose.astype(np.float64), mask, num_points=4000)
    for gray in (30.25, 45.25, 50.25, 61.25, 75.25):
        assert ours.volume_at(gray) == pytest.approx(theirs.get_vx(gray), abs=0.1)
    for percent in (98, 95, 50, 2):
        assert ours.dose_at(percent) == pytest.approx(theirs.get_dy(percent), abs=0.6)


def test_conformity_is_one_where_isodose_and_target_are_the_same() -> None:
    target = np.zeros((10, 10, 10))
    target[3:7, 3:7, 3:7] = 1
    assert indices.conformity(60 * target, target, 57.0) == pytest.approx(1.0)
    wide = np.zeros_like(target)
    wide[3:7, 3:7, 1:9] = 60
    assert indices.conformity(wide, target, 57.0) == pytest.approx(0.5)
    assert indices.conformity(0 * wide, target, 57.0) == 0.0


def test_the_gradient_index_is_the_ratio_of_the_two_isodoses() -> None:
    dose = np.zeros((10, 10, 10))
    dose[2:8, 2:8, 2:8] = 30
    dose[4:6, 4:6, 4:6] = 60
    assert indices.gradient(dose, 60.0) == pytest.approx(216 / 8)
    assert np.isnan(indices.gradient(dose, 100.0))
