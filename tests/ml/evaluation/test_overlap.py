from __future__ import annotations

import math

import numpy as np
import pytest

from ml.evaluation.overlap import dice, dice_per_label


def test_dice_of_equal_apart_half_and_empty_masks() -> None:
    mask = np.array([True, True, False, False])
    assert dice(mask, mask) == 1
    assert dice(mask, ~mask) == 0
    assert dice(mask, np.array([True, False, False, False])) == pytest.approx(2 / 3)
    assert math.isnan(dice(np.zeros(3, bool), np.zeros(3, bool)))


def test_labels_are_scored_one_by_one_and_absent_ones_left_out() -> None:
    truth = np.array([2, 2, 17, 0, 53])
    found = np.array([2, 17, 17, 0, 0])
    scores = dice_per_label(found, truth, (2, 17, 53, 99))
    assert scores == {2: pytest.approx(2 / 3), 17: pytest.approx(2 / 3), 53: 0.0}
    for label_id, score in scores.items():
        assert score == pytest.approx(dice(found == label_id, truth == label_id))


def test_maps_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        dice_per_label(np.zeros(3, int), np.zeros(4, int), (1,))
