"""The faults that the gate is measured on do to an image what they say."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from ml.imaging.volume import Volume
from ml.simulate import corrupt
from ml.simulate.draw import Draw
from ml.training.input_gate import shifts
from ml.training.input_gate.evaluation import auc, wilson

SPACING = (3.0, 1.0, 1.0)


def block() -> Volume:
    """A bright box in air, off the middle along every axis, its rows and z from foot to head."""
    array = np.zeros((24, 48, 40), np.float32)
    array[4:14, 8:36, 10:26] = 1.0
    return Volume(array=array, affine=np.diag([*SPACING[::-1], 1.0]))


def test_a_head_that_never_moved_is_unchanged_and_a_moving_one_ghosts_along_its_axis() -> None:
    image = torch.from_numpy(block().array)
    still = corrupt.moved_head(Draw(1), image, SPACING, axis=1, amount_mm=0.0)
    torch.testing.assert_close(still, image, atol=1e-5, rtol=0)
    moved = corrupt.moved_head(Draw(1), image, SPACING, axis=1, amount_mm=4.0, interleaved=True)
    beside = moved[4:14, 40:, 10:26].mean()
    assert beside > 0.02
    assert beside > 3 * moved[4:14, 8:36, 34:].mean()
    # Phases move signal about and lose none of its power.
    assert float((moved**2).sum()) == pytest.approx(float((image**2).sum()), rel=1e-4)


def test_metal_leaves_a_void_and_piles_signal_up() -> None:
    image = torch.ones(20, 40, 40)
    changed = corrupt.metal(
        image, SPACING, centre=(10, 20, 20), radius_mm=5.0, shift_mm=5.0, readout=2
    )
    assert float(changed[10, 20, 20]) < 0.1
    assert float(changed.max()) > 1.5
    assert float(changed[0, 2, 2]) == pytest.approx(1.0, abs=0.05)
    assert float(changed.sum()) < float(image.sum())


def test_noise_and_truncation_have_the_strength_they_name() -> None:
    head = block()
    noisy = shifts.noise(0.1, Draw(2), head).array
    assert float(noisy[4:14, 8:36, 10:26].std()) == pytest.approx(0.1, rel=0.1)
    bright = head.array.sum()
    for seed in range(6):
        cut = shifts.truncated(0.25, Draw(seed), head)
        assert cut.array.sum() / bright == pytest.approx(0.75, abs=0.06)


def test_what_is_cut_off_leaves_the_rest_in_its_place() -> None:
    head = block()
    head.array[5, 10, 12] = 5.0
    for seed in range(6):
        cut = shifts.truncated(0.1, Draw(seed), head)
        places = np.argwhere(cut.array == 5.0)
        for z, y, x in places:
            assert cut.point_lps((z, y, x)) == pytest.approx(head.point_lps((5, 10, 12)))


def test_spacing_changes_the_header_alone_and_a_flip_the_image_alone() -> None:
    head = block()
    wrong = shifts.wrong_spacing(1.5, Draw(3), head)
    assert np.array_equal(wrong.array, head.array)
    ratio = np.array(wrong.spacing) / np.array(head.spacing)
    assert np.allclose(np.maximum(ratio, 1 / ratio).max(), 1.5)
    for change in (partial(shifts.flipped, 0), partial(shifts.flipped, 1)):
        turned = change(Draw(1), head)
        assert np.array_equal(turned.affine, head.affine)
        assert not np.array_equal(turned.array, head.array)
        assert np.array_equal(change(Draw(1), turned).array, head.array)


def test_exchanged_axes_take_their_voxel_size_along() -> None:
    head = block()
    seen = {shifts.axes_exchanged(Draw(seed), head).shape for seed in range(12)}
    assert head.shape not in seen
    for seed in range(4):
        turned = shifts.axes_exchanged(Draw(seed), head)
        size = [n * step for n, step in zip(turned.shape, turned.spacing, strict=True)]
        assert sorted(size) == sorted([24 * 3.0, 48.0, 40.0])


def test_figures_of_a_share() -> None:
    assert wilson(0, 17) == [0.0, 0.184]  # Wilson's interval, as tables give it
    assert wilson(17, 17) == [0.816, 1.0]
    assert auc([1.0, 2.0], [3.0, 4.0]) == 1.0
    assert auc([1.0, 2.0], [1.0, 2.0]) == 0.5
