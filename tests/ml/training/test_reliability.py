"""Scanning a head again, in other slices, and turned over."""

from __future__ import annotations

import numpy as np
import pytest

from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.pipelines.segment_head.fixture import tiny_model
from ml.training.segment_head import reliability, unusual
from tests.ml.training.test_segment_head import anatomy


def test_slices_of_five_millimetres_lie_where_the_thin_ones_did() -> None:
    thin = Volume(array=np.arange(10.0, dtype=np.float32)[:, None, None] * np.ones((10, 4, 4)),
                  affine=np.diag([1.0, 1.0, 2.0, 1.0]))  # fmt: skip
    thick = reliability.thicker(thin)
    assert thick.shape == (2, 4, 4)
    assert thick.spacing == (10.0, 1.0, 1.0)
    assert thick.array[:, 0, 0].tolist() == [2.0, 7.0]
    assert thick.point_lps((1, 0, 0)) == thin.point_lps((7, 0, 0))


def test_differences_are_percent_of_the_mean() -> None:
    a, b = {"thalamus": 9.0, "caudate": 4.0}, {"thalamus": 11.0, "caudate": 4.0}
    rows = [reliability.difference(a, b)]
    assert rows[0] == {"thalamus": pytest.approx(20.0), "caudate": 0.0}
    summary = reliability.summary(rows, a)
    assert summary["mean of structures over 5 ml"] == 20.0  # the caudate is too small to count


def test_another_day_is_another_image_of_the_same_head() -> None:
    person = anatomy()
    first, again, later = (
        reliability.scan_again(person, "T1-like", 5, visit).array for visit in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert np.corrcoef(first.ravel(), later.ravel())[0, 1] > 0.5


def test_a_scan_stored_from_the_other_end_is_segmented_alike() -> None:
    """Whatever the network knows: left is where the header says, not where the voxels begin."""
    figures = unusual.flipped(HeadSegmenter(tiny_model(), backend="torch"), [anatomy()], 5)
    assert figures["phantom"]["stored differently"] == 0.0
    assert set(figures["phantom"]) == {"wrong side", "stored differently", "mirrored"}
