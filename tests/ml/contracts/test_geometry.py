"""How stacks of slices are told apart."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.contracts.geometry import SlicePlane, Vector, classify, cross

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def stack(
    depths: list[float],
    *,
    row: Vector = AXIAL[0],
    column: Vector = AXIAL[1],
    shear: float = 0.0,
    spacing: tuple[float, float] = (0.5, 0.5),
) -> list[SlicePlane]:
    normal = cross(row, column)
    return [
        SlicePlane(
            position=tuple(
                10.0 + d * n + shear * d * c for n, c in zip(normal, column, strict=True)
            ),  # type: ignore[arg-type]  # three of them
            row_direction=row,
            column_direction=column,
            rows=64,
            columns=80,
            row_spacing=spacing[0],
            column_spacing=spacing[1],
        )
        for d in depths
    ]


def test_regular_stack_is_sorted_along_its_normal() -> None:
    geometry = classify(stack([4.0, 0.0, 2.0]))
    assert (geometry.kind, geometry.order, geometry.spacing) == (
        "regular",
        (1, 2, 0),
        (2.0, 0.5, 0.5),
    )
    assert geometry.normal == (0.0, 0.0, 1.0)


def test_sagittal_stack_is_regular() -> None:
    geometry = classify(stack([0.0, 1.2, 2.4], row=(0.0, 1.0, 0.0), column=(0.0, 0.0, -1.0)))
    assert geometry.kind == "regular"
    assert geometry.normal == (-1.0, 0.0, 0.0)


@given(
    angle=st.floats(-math.pi, math.pi),
    step=st.floats(0.3, 10.0),
    count=st.integers(2, 40),
    jitter=st.floats(-1.0, 1.0),
    data=st.randoms(use_true_random=False),
)
def test_any_oblique_stack_stays_regular_within_rounding(
    angle: float, step: float, count: int, jitter: float, data: object
) -> None:
    row = (math.cos(angle), math.sin(angle), 0.0)
    column = (0.0, 0.0, -1.0)
    depths = [i * step + (jitter * 0.004 * step if i % 2 else 0.0) for i in range(count)]
    data.shuffle(depths)  # type: ignore[attr-defined]  # hypothesis gives a Random
    geometry = classify(stack(depths, row=row, column=column))
    assert geometry.kind == "regular", geometry.reason
    assert [depths[i] for i in geometry.order] == sorted(depths)


def test_missing_slice_leaves_a_gap() -> None:
    geometry = classify(stack([0.0, 2.0, 4.0, 8.0, 10.0]))
    assert geometry.kind == "gapped"
    assert geometry.reason.startswith("1 of 4 gaps")


def test_uneven_spacing_is_gapped() -> None:
    assert classify(stack([0.0, 5.0, 10.0, 17.5, 25.0])).kind == "gapped"


@pytest.mark.parametrize("degrees", [-18.5, 1.0, 30.0])
def test_gantry_tilt_is_named_with_its_angle(degrees: float) -> None:
    shear = math.tan(math.radians(degrees))
    geometry = classify(stack([0.0, 5.0, 10.0], shear=shear))
    assert geometry.kind == "tilted"
    assert f"{abs(degrees):.1f}°" in geometry.reason


def test_tilted_and_uneven_says_both() -> None:
    geometry = classify(stack([0.0, 5.0, 10.0, 17.5], shear=0.3))
    assert geometry.kind == "tilted"
    assert "uneven" in geometry.reason


def test_two_time_points_are_mixed() -> None:
    assert classify(stack([0.0, 2.0]) + stack([0.0, 2.0])).kind == "mixed"


def test_localiser_among_axial_slices_is_mixed() -> None:
    other = stack([0.0], row=(0.0, 1.0, 0.0), column=(0.0, 0.0, -1.0))
    assert "orientation" in classify([*stack([0.0, 2.0]), *other]).reason


@pytest.mark.parametrize(
    "change", [{"rows": 32}, {"columns": 32}, {"row_spacing": 0.6}, {"column_spacing": 0.6}]
)
def test_slices_of_another_size_are_mixed(change: dict[str, float]) -> None:
    planes = stack([0.0, 2.0, 4.0])
    planes[1] = replace(planes[1], **change)  # type: ignore[arg-type]  # fields of the plane
    geometry = classify(planes)
    assert (geometry.kind, geometry.spacing) == ("mixed", None)


def test_a_slice_beside_the_line_is_mixed() -> None:
    planes = stack([0.0, 2.0, 4.0, 6.0])
    planes[1] = replace(planes[1], position=(13.0, 10.0, 12.0))
    assert "one above the other" in classify(planes).reason


def test_one_slice_and_none() -> None:
    assert classify(stack([3.0])).kind == "single"
    assert classify([]).kind == "none"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_positions_that_are_no_numbers_have_no_geometry(bad: float) -> None:
    planes = stack([0.0, 2.0, 4.0])
    planes[2] = replace(planes[2], position=(0.0, 0.0, bad))
    geometry = classify(planes)
    assert (geometry.kind, geometry.order) == ("none", (0, 1, 2))
