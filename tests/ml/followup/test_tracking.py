"""Lesions over two visits: what becomes of each, by overlap."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.followup.tracking import Lesion, State, judged, tracked

SPACING = (2.0, 2.0, 2.0)


def boxes(*corners: tuple[int, int, int, int]) -> NDArray[np.int32]:
    """A label map of cubes: corner (z, y, x) and side, numbered from 1."""
    labels = np.zeros((24, 24, 24), dtype=np.int32)
    for number, (z, y, x, side) in enumerate(corners, start=1):
        labels[z : z + side, y : y + side, x : x + side] = number
    return labels


def states(found: list[Lesion]) -> list[State]:
    return [one.state for one in found]


@pytest.mark.parametrize(
    ("base", "follow", "expected"),
    [
        ([(2, 2, 2, 5)], [(2, 2, 2, 5)], "stable"),
        ([(2, 2, 2, 5)], [(2, 2, 2, 8)], "enlarging"),
        ([(2, 2, 2, 8)], [(2, 2, 2, 5)], "shrinking"),
        ([], [(2, 2, 2, 4)], "new"),
        ([(2, 2, 2, 4)], [], "resolved"),
    ],
    ids=["stable", "enlarging", "shrinking", "new", "resolved"],
)
def test_one_lesion(
    base: list[tuple[int, int, int, int]],
    follow: list[tuple[int, int, int, int]],
    expected: State,
) -> None:
    (found,) = tracked(boxes(*base), boxes(*follow), SPACING)
    assert found.state == expected
    assert found.base_ml == pytest.approx(sum(side**3 for *_, side in base) * 0.008)
    assert found.follow_ml == pytest.approx(sum(side**3 for *_, side in follow) * 0.008)
    assert found.diameter_mm == 2.0 * (follow or base)[0][3]


def test_two_that_grow_together_are_the_parents_of_one() -> None:
    found = tracked(boxes((2, 2, 2, 4), (2, 2, 9, 4)), boxes((1, 1, 1, 14)), SPACING)
    assert states(found) == ["merged"] * 3
    whole = next(one for one in found if one.follow_id)
    parts = [one for one in found if one.base_id]
    assert sorted(whole.parents) == sorted(one.name for one in parts)
    assert all(one.children == (whole.name,) for one in parts)


def test_one_that_falls_apart_names_its_children() -> None:
    found = tracked(boxes((1, 1, 1, 14)), boxes((2, 2, 2, 4), (2, 2, 9, 4)), SPACING)
    assert states(found) == ["split"] * 3
    whole = next(one for one in found if one.base_id)
    assert len(whole.children) == 2
    assert all(one.parents == (whole.name,) for one in found if one.follow_id)


def test_a_neighbour_that_is_only_brushed_is_another_lesion() -> None:
    brushed = tracked(boxes((2, 2, 2, 8)), boxes((9, 9, 9, 8)), SPACING)
    assert sorted(states(brushed)) == ["new", "resolved"]


def test_names_go_from_the_largest_down() -> None:
    found = tracked(boxes((2, 2, 2, 3), (12, 12, 12, 7)), boxes((2, 2, 2, 3)), SPACING)
    assert [(one.name, one.state) for one in found] == [("L1", "resolved"), ("L2", "stable")]


def test_nothing_gives_nothing() -> None:
    assert tracked(boxes(), boxes(), SPACING) == []


def test_small_changes_are_noise_whatever_their_share() -> None:
    assert judged(0.02, 0.045) == "stable"
    assert judged(10.0, 12.0) == "stable"
    assert judged(10.0, 13.0) == "enlarging"
