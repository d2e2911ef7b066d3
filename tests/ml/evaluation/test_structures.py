"""Overlap, surfaces, volumes and lesions, by hand and against MONAI."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from monai.metrics.meandice import DiceMetric
from numpy.typing import NDArray

from ml.evaluation.case import LabelPair
from ml.evaluation.intervals import POOLS
from ml.evaluation.lesions import lesion_metrics
from ml.evaluation.structures import structure_metrics, structure_name, surface_distances
from ml.imaging.volume import Volume
from ml.simulate.phantom import ellipsoid_head


def volume(array: NDArray[np.generic], mm: float = 1.0) -> Volume:
    return Volume(array=array, affine=np.diag([mm, mm, mm, 1.0]))


def cube(shift: int = 0, size: int = 8) -> NDArray[np.int16]:
    array = np.zeros((24, 24, 24), np.int16)
    array[4 : 4 + size, 6 : 6 + size, 6 + shift : 6 + shift + size] = 1
    return array


def test_a_cube_moved_by_two_voxels() -> None:
    found = structure_metrics(volume(cube(2), 2.0), volume(cube(), 2.0))
    assert list(found["dice", "label 1"]) == pytest.approx([0.75])
    assert list(found["hd95", "label 1"]) == pytest.approx([4.0])
    assert 0 < found["asd", "label 1"][0] < 4
    assert list(found["volume_error", "label 1"]) == [0]


def test_volumes_in_millilitres_and_percent() -> None:
    found = structure_metrics(volume(cube(size=10)), volume(cube(size=8)))
    assert list(found["volume_reference", "label 1"]) == pytest.approx([0.512])
    assert list(found["volume_error", "label 1"]) == pytest.approx([0.488])
    assert list(found["volume_error_percent", "label 1"]) == pytest.approx([95.3125])


def test_dice_agrees_with_monai() -> None:
    ref = ellipsoid_head((40, 44, 40), (5.0, 5.0, 5.0))
    pred = ref.like(np.roll(ref.array, 1, axis=0))
    found = structure_metrics(pred, ref, surfaces=False)
    metric = DiceMetric(include_background=True, reduction="none")
    for label in (2, 42, 17):
        masks = [torch.from_numpy((v.array == label)[None, None]) for v in (pred, ref)]
        expected = torch.as_tensor(metric(*masks)).item()
        assert list(found["dice", structure_name(label)]) == pytest.approx([expected])


def test_a_missed_structure_costs_and_is_not_left_out() -> None:
    found = structure_metrics(volume(np.zeros((24, 24, 24), np.int16)), volume(cube()))
    assert list(found["dice", "label 1"]) == [0]
    assert found["hd95", "label 1"] == pytest.approx((24 * math.sqrt(3),))
    assert structure_metrics(volume(cube() * 0), volume(cube() * 0)) == {}


def test_the_mean_of_a_head_is_that_of_its_brain() -> None:
    ref = ellipsoid_head((40, 44, 40), (5.0, 5.0, 5.0))
    no_skin = ref.like(np.where(ref.array == 511, 0, ref.array))
    found = structure_metrics(no_skin, ref, surfaces=False)
    assert list(found["dice", "skin"]) == [0]
    assert list(found["dice", "mean of the brain"]) == [1]


@pytest.mark.parametrize("shift", [1, 2, 4])
def test_distances_grow_with_the_shift(shift: int) -> None:
    hd95, asd = surface_distances(cube(shift) > 0, cube() > 0, (1.0, 1.0, 3.0), worst_mm=99)
    assert hd95 == pytest.approx(3.0 * shift)
    assert asd < hd95


def lesions(*places: tuple[int, int]) -> NDArray[np.int16]:
    array = np.zeros((20, 20, 20), np.int16)
    for z, y in places:
        array[z : z + 3, y : y + 3, 5:8] = 1
    return array


def test_lesions_are_counted_one_by_one() -> None:
    truth = lesions((1, 1), (8, 8), (14, 14))
    found = lesions((1, 1), (9, 8), (1, 14))
    values = lesion_metrics(LabelPair(pred=volume(found), ref=volume(truth)))
    assert list(values["lesion_sensitivity", ""]) == [2, 3]
    assert list(values["lesion_false_positives", ""]) == [1, 1]
    assert list(values["lesion_f1", ""]) == [2, 1, 1]


def test_one_big_blob_finds_one_lesion_at_most() -> None:
    truth = lesions((1, 1), (8, 8), (14, 14))
    blob = np.zeros_like(truth)
    blob[1:17, 1:17, 5:8] = 1
    assert lesion_metrics(LabelPair(pred=volume(blob), ref=volume(truth)))[
        "lesion_sensitivity", ""
    ] == (0, 3)


def test_free_response_rises_when_the_sure_ones_are_true() -> None:
    truth = lesions((1, 1), (14, 14))
    true, false = lesions((1, 1)).astype(np.float32), lesions((1, 14)).astype(np.float32)
    good = lesion_metrics(LabelPair(pred=volume(0.9 * true + 0.3 * false), ref=volume(truth)))[
        "lesion_froc", ""
    ]
    bad = lesion_metrics(LabelPair(pred=volume(0.3 * true + 0.9 * false), ref=volume(truth)))[
        "lesion_froc", ""
    ]
    scores = [float(POOLS["froc"](np.array([parts]))) for parts in (good, bad)]
    assert scores[0] > scores[1]


def test_nothing_predicted_and_nothing_there() -> None:
    empty = volume(lesions())
    values = lesion_metrics(LabelPair(pred=empty, ref=empty))
    assert list(values["lesion_sensitivity", ""]) == [0, 0]
    assert list(values["lesion_false_positives", ""]) == [0, 1]
