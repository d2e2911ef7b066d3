"""Lesions on two FLAIR images of one phantom head: what came, what went, what only seems so."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from ml.followup.brightness import BrainNotFound, contrast_of
from ml.followup.lesions import PairOfLesions, lesions_of, subtraction_of
from ml.followup.tracking import tracked
from ml.simulate.phantom import ellipsoid_head

STEP = 3.0
SPACING = (STEP, STEP, STEP)
LABELS = ellipsoid_head((76, 78, 66), SPACING).array
# In the white matter of the right half, away from every organ.
HERE, THERE = (47, 30, 22), (47, 52, 22)


def flair(
    *balls: tuple[tuple[int, int, int], float], seed: int, gain: float = 1.0
) -> NDArray[np.float32]:
    """FLAIR-like grey values, white matter 300, with bright balls (centre, radius in mm)."""
    values = np.full(LABELS.max() + 1, 120.0, dtype=np.float32)
    values[0] = 0.0
    values[[2, 41, 7, 46, 16]] = 300.0
    values[[3, 42, 8, 47, 10, 49, 11, 50, 12, 51, 17, 53]] = 350.0
    values[[4, 43, 14, 15, 24]] = 60.0
    image = values[LABELS]
    z, y, x = np.indices(LABELS.shape)
    for centre, radius in balls:
        away = np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) * STEP
        image[away <= radius] = 620.0
    image += np.random.default_rng(seed).normal(0, 9, image.shape).astype(np.float32)
    return (gain * ndimage.gaussian_filter(image, 0.5)).astype(np.float32)


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
