from __future__ import annotations

import math

import numpy as np
import pytest

from ml.imaging.volume import Volume
from ml.pipelines.draft_report.evidence import Locator, largest_slice
from ml.pipelines.draft_report.fixture import head_labels
from ml.pipelines.draft_report.measurements import (
    Measurement,
    Measurements,
    brain_is_plausible,
    measure,
)
from ml.pipelines.draft_report.regions import REGIONS


@pytest.fixture(scope="module")
def measured() -> Measurements:
    return measure(head_labels())


def test_volumes_are_those_of_the_shapes(measured: Measurements) -> None:
    ellipsoid = 4 / 3 * math.pi * 6 * 19 * 7.5 / 1000
    assert measured["left_hippocampus.volume"].value == pytest.approx(ellipsoid, rel=0.06)
    assert measured["left_hippocampus.volume"].unit == "mL"


def test_volumes_do_not_depend_on_the_grid() -> None:
    coarse, fine = (measure(head_labels(spacing_mm=s)) for s in (3.0, 1.5))
    for key in ("brain.volume", "intracranial.volume", "left_hemisphere.volume"):
        assert coarse[key].value == pytest.approx(fine[key].value, rel=0.03)


def test_volumes_of_the_segmenter_are_taken_over() -> None:
    taken = measure(head_labels(), {17: 3.21, 53: 3.0, 2: 500.0})
    assert taken["left_hippocampus.volume"].text == "3.21 mL"
    assert taken["hippocampus.asymmetry"].value == pytest.approx(100 * 0.21 / 3.21)


def test_asymmetry_is_the_difference_over_the_larger_side() -> None:
    small = measure(head_labels(changes={17: (3, 19, 7.5)}))
    left, right = (small[f"{s}_hippocampus.volume"].value for s in ("left", "right"))
    assert small["hippocampus.asymmetry"].value == pytest.approx(100 * (right - left) / right)


def test_evans_index_is_horns_over_inner_skull(measured: Measurements) -> None:
    # Frontal horns reach 16 mm to either side of the middle; the inner skull 70 mm.
    assert measured["frontal_horns.evans"].value == pytest.approx(32 / 138, abs=0.03)


@pytest.mark.parametrize("radius", [2, 4, 6])
def test_width_of_the_third_ventricle(radius: int) -> None:
    wide = measure(head_labels(spacing_mm=1.0, changes={14: (radius, 13, 9)}))
    assert wide["third_ventricle.width"].value == pytest.approx(2 * radius + 1, abs=1)


@pytest.mark.parametrize(("shift", "side"), [(6.0, "left"), (-6.0, "right")])
def test_midline_shift_has_its_size_and_side(shift: float, side: str) -> None:
    shifted = measure(head_labels(shift_mm=shift))
    assert shifted["midline.shift"].value == pytest.approx(6.0, abs=0.6)
    assert shifted.shift_side == side


def test_a_turned_grid_changes_nothing(measured: Measurements) -> None:
    head = head_labels()
    affine = head.affine.copy()
    affine[:3, 3] = head.point_lps((0, 0, head.shape[2] - 1))
    affine[:3, 0] *= -1
    turned = measure(Volume(array=np.flip(head.array, axis=2), affine=affine))
    assert turned.values() == measured.values()


def test_what_is_not_there_is_not_measured() -> None:
    head = head_labels()
    array = np.where(np.isin(head.array, (14, 17)), 0, head.array)
    partial = measure(head.like(array))
    for key in ("left_hippocampus.volume", "hippocampus.asymmetry", "third_ventricle.width"):
        assert key not in partial


def test_only_something_of_the_size_of_a_brain_is_plausible(measured: Measurements) -> None:
    assert brain_is_plausible(measured)
    head = head_labels()
    assert not brain_is_plausible(measure(Volume(array=head.array, affine=head.affine / 3)))
    assert not brain_is_plausible(measure(head.like(np.zeros_like(head.array))))


def test_numbers_are_shown_with_their_digits_and_unit() -> None:
    assert Measurement(value=3.456, unit="mL", digits=2).text == "3.46 mL"
    assert Measurement(value=0.2849, unit="", digits=2).text == "0.28"
    assert Measurement(value=1203.4, unit="mL", digits=0).text == "1203 mL"


def test_evidence_lies_inside_its_structure_on_the_slice_of_its_largest_area() -> None:
    head = head_labels()
    evidence = Locator(head, {17: 5}).of_region(REGIONS["left_hippocampus"])
    assert evidence is not None
    z, y, x = (round(v) for v in head.index_of(tuple(evidence["point_lps"])))  # type: ignore[arg-type]
    assert head.array[z, y, x] == 17
    areas = (head.array == 17).sum(axis=(1, 2))
    assert areas[evidence["slice_index"] or 0] == areas.max()
    assert evidence["segment_number"] == 5
    assert evidence["point_lps"][0] > 0  # left is +x


def test_a_hollow_structure_still_gets_a_point_inside() -> None:
    ring = np.zeros((1, 9, 9), dtype=bool)
    ring[0, 1:8, 1:8] = True
    ring[0, 2:7, 2:7] = False
    place = largest_slice(ring)
    assert place is not None
    assert ring[place]
    assert largest_slice(np.zeros((2, 2, 2), dtype=bool)) is None
