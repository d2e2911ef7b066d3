"""γ in cases where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.imaging.volume import Volume
from ml.planning.gamma import MOST, gamma


def dose(array: np.ndarray, spacing: float = 2.0) -> Volume:
    return Volume(array=array.astype(np.float32), affine=np.diag([spacing] * 3 + [1.0]))


def slope(shift_mm: float = 0.0, per_mm: float = 1.0) -> np.ndarray:
    """A dose that falls along x by ``per_mm`` Gy a mm from 100 Gy, moved by ``shift_mm``."""
    x = np.arange(20) * 2.0
    return np.broadcast_to(100.0 - per_mm * (x - shift_mm), (6, 6, 20)).copy()


def test_a_dose_agrees_with_itself() -> None:
    found = gamma(dose(slope()), dose(slope()))
    assert found.pass_percent == 100.0
    assert found.mean == 0.0


def test_in_a_flat_dose_gamma_is_the_difference_over_the_criterion() -> None:
    flat = np.full((5, 5, 5), 60.0)
    for percent, expected in ((1.0, 0.5), (2.0, 1.0), (3.0, 1.5)):
        found = gamma(dose(flat), dose(flat * (1 + percent / 100)))
        assert found.mean == pytest.approx(expected, abs=1e-4)
        assert found.pass_percent == (100.0 if percent <= 2.0 else 0.0)


def test_in_a_slope_both_criteria_share_the_work() -> None:
    # Low 1998: in a gradient g, a shift s gives γ = s·g / sqrt((g·Δd)² + ΔD²), all in Gy and mm.
    for shift in (1.0, 2.0):
        found = gamma(dose(slope()), dose(slope(shift)))
        expected = shift / np.sqrt(2.0**2 + 2.0**2)
        inner = found.map[2:4, 2:4, 4:-4]
        assert np.median(inner) == pytest.approx(expected, abs=0.03)


def test_below_the_cut_off_nothing_is_judged() -> None:
    reference = np.full((4, 4, 10), 50.0)
    reference[..., 5:] = 4.0
    other = reference.copy()
    other[..., 5:] = 40.0
    found = gamma(dose(reference), dose(other))
    assert np.isnan(found.map[..., 5:]).all()
    assert np.isfinite(found.map[..., :5]).all()
    assert found.pass_percent == 100.0


def test_what_fails_by_far_is_given_the_most() -> None:
    flat = np.full((4, 4, 4), 10.0)
    found = gamma(dose(flat), dose(flat * 3))
    assert found.map.max() == MOST
    assert found.pass_percent == 0.0


def test_doses_on_different_grids_are_refused() -> None:
    with pytest.raises(ValueError, match="different grids"):
        gamma(dose(np.ones((4, 4, 4))), dose(np.ones((4, 4, 5))))
    with pytest.raises(ValueError, match="no dose"):
        gamma(dose(np.zeros((4, 4, 4))), dose(np.ones((4, 4, 4))))
