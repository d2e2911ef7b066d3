from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.imaging.normalise import scale_percentiles, window


@given(scale=st.floats(0.01, 1000), offset=st.floats(-1000, 1000))
def test_scale_of_the_scanner_does_not_matter(scale: float, offset: float) -> None:
    scan = np.random.default_rng(0).normal(size=(10, 12, 14)).astype(np.float32)
    assert np.allclose(scale_percentiles(scan), scale_percentiles(scan * scale + offset), atol=2e-2)


def test_range_is_zero_to_one_and_outliers_are_cut() -> None:
    scan = np.linspace(0, 1000, 9000).reshape(10, 30, 30)
    scan[0, 0, 0] = 1e9
    result = scale_percentiles(scan)
    assert result.dtype == np.float32
    assert (result.min(), result.max()) == (0.0, 1.0)
    assert result[5, 0, 0] == pytest.approx(0.5, abs=0.02)


def test_constant_and_nearly_empty_scans() -> None:
    assert not scale_percentiles(np.full((3, 4, 5), 7)).any()
    nearly_empty = np.zeros((10, 10, 10))
    nearly_empty[5, 5, 5] = 3
    assert scale_percentiles(nearly_empty)[5, 5, 5] == 1.0


def test_brain_window() -> None:
    hounsfield = np.array([-1000, 0, 40, 80, 2000])
    assert window(hounsfield, 40, 80).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    with pytest.raises(ValueError, match="positive"):
        window(hounsfield, 40, 0)
