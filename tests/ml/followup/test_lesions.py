"""Lesions on two FLAIR images of one phantom head: what came, what went, what only seems so."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from ml.followup.brightness import BrainNotFound, contrast_of
from ml.followup.lesions import PairOfLesions, lesions_of, subtraction_of
from ml.followup.tracking import tracked
from tests.ml.followup.phantom import HERE, LABELS, SPACING, STEP, THERE, flair


def found(base: NDArray[np.float32], follow: NDArray[np.float32]) -> PairOfLesions:
    return lesions_of(base, follow, LABELS, LABELS, SPACING)


def states(pair: PairOfLesions) -> list[str]:
    return sorted(one.state for one in tracked(pair.base, pair.follow, SPACING))


def test_another_scan_of_the_same_head_shows_stable_lesions_and_no_change() -> None:
    pair = found(
        flair((HERE, 9), (THERE, 7), seed=1), flair((HERE, 9), (THERE, 7), seed=2, gain=1.8)
    )
    assert states(pair) == ["stable", "stable"]
    assert not pair.change.any()
    np.testing.assert_array_equal(pair.base > 0, pair.follow > 0)


def test_a_new_lesion_and_a_resolved_one() -> None:
    pair = found(flair((HERE, 9), seed=1), flair((THERE, 9), seed=2))
    assert states(pair) == ["new", "resolved"]
    assert pair.change[HERE] == -1
    assert pair.change[THERE] == 1
    volume_ml = 4 / 3 * np.pi * 0.9**3
    assert (pair.follow > 0).sum() * STEP**3 / 1000 == pytest.approx(volume_ml, rel=0.35)


def test_a_lesion_that_grows_is_one_and_enlarging() -> None:
    pair = found(flair((HERE, 7), seed=1), flair((HERE, 12), seed=2))
    assert states(pair) == ["enlarging"]
    assert pair.change.min() == 0


def test_a_head_laid_half_a_voxel_aside_shows_no_lesion_at_its_edges() -> None:
    base = flair((HERE, 9), seed=1)
    aside = ndimage.shift(flair((HERE, 9), seed=2), (0, 0.5, 0), order=1)
    pair = found(base, aside)
    assert set(states(pair)) <= {"stable", "enlarging", "shrinking"}
    assert len(states(pair)) == 1


def test_another_bias_field_is_no_change() -> None:
    ramp = np.linspace(0.8, 1.2, LABELS.shape[1], dtype=np.float32)[None, :, None]
    pair = found(flair((HERE, 9), seed=1), flair((HERE, 9), seed=2) * ramp)
    assert states(pair) == ["stable"]


def test_contrasts_are_told_apart() -> None:
    image = flair(seed=1)
    assert contrast_of(image, LABELS) == "FLAIR-like"
    assert contrast_of(1000 - image, LABELS) == "T2-like"
    t1 = np.where(np.isin(LABELS, (2, 41)), 500, image)
    assert contrast_of(t1, LABELS) == "T1-like"
    assert contrast_of(image, np.zeros_like(LABELS)) is None


def test_without_white_matter_there_is_nothing_to_scale_by() -> None:
    empty = np.zeros_like(LABELS)
    image = flair(seed=1)
    for function in (lesions_of, subtraction_of):
        with pytest.raises(BrainNotFound):
            function(image, image, empty, empty, SPACING)


def test_what_turns_bright_amid_cortex_is_no_lesion() -> None:
    """A ball as deep and as bright as a lesion, in a cortex that is thick there."""
    z, y, x = np.indices(LABELS.shape)
    away = np.sqrt((z - THERE[0]) ** 2 + (y - THERE[1]) ** 2 + (x - THERE[2]) ** 2) * STEP
    labels = np.where((away <= 16) & np.isin(LABELS, (2, 41)), 3, LABELS)
    base, follow = flair((HERE, 9), seed=1), flair((HERE, 9), (THERE, 6), seed=2)
    assert states(lesions_of(base, follow, LABELS, LABELS, SPACING)) == ["new", "stable"]
    assert states(lesions_of(base, follow, labels, labels, SPACING)) == ["stable"]
    # At one visit alone the lesion itself may have misled the segmenter.
    assert states(lesions_of(base, follow, LABELS, labels, SPACING)) == ["new", "stable"]
