"""Grids: turning, resampling and coming back, always judged by places in mm."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from ml.imaging.itk import from_itk, to_itk
from ml.imaging.resample import canonical, labels_to_grid, to_grid
from ml.imaging.volume import Volume


def blob_at(
    point: tuple[float, float, float], affine: NDArray[Any], shape: tuple[int, int, int]
) -> Volume:
    """A Gaussian blob of 8 mm around an LPS point."""
    z, y, x = np.indices(shape)
    index = np.stack([x, y, z, np.ones(shape)])
    places = np.einsum("ij,jzyx->izyx", affine, index)[:3]
    distance = np.sum((places - np.array(point)[:, None, None, None]) ** 2, axis=0)
    return Volume(array=(1000 * np.exp(-distance / 128)).astype(np.float32), affine=affine)


def centre_lps(volume: Volume) -> NDArray[np.float64]:
    """Centre of mass in LPS mm."""
    weights = volume.array.astype(float)
    z, y, x = (
        np.tensordot(weights, np.indices(volume.shape)[axis], axes=3) / weights.sum()
        for axis in range(3)
    )
    return np.array(volume.point_lps((z, y, x)))


def turned(degrees: float) -> NDArray[np.float64]:
    turn = sitk.Euler3DTransform()
    turn.SetRotation(np.radians(degrees), np.radians(-degrees / 2), np.radians(degrees / 3))
    affine = np.eye(4)
    affine[:3, :3] = np.array(turn.GetMatrix()).reshape(3, 3) * (1.5, 1.5, 2.5)
    affine[:3, 3] = (-50.0, -40.0, -30.0)
    return affine


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_turning_axes_keeps_every_voxel_in_its_place(
    axes: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for column, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        affine[axis, column] = sign * 1.0
    affine[:3, 3] = (7.0, -3.0, 11.0)
    volume = Volume(array=np.arange(60, dtype=np.int16).reshape(3, 4, 5), affine=affine)
    result = canonical(volume)
    assert result.array.dtype == np.int16
    assert np.allclose(result.affine[:3, :3], np.eye(3))
    for value in (0, 17, 42, 59):
        here = tuple(int(i[0]) for i in np.nonzero(volume.array == value))
        there = tuple(int(i[0]) for i in np.nonzero(result.array == value))
        assert volume.point_lps(here) == result.point_lps(there)  # type: ignore[arg-type]  # three


@pytest.mark.parametrize("degrees", [0.0, 10.0, 35.0])
def test_oblique_scan_keeps_its_blob_in_place(degrees: float) -> None:
    point = (4.0, -6.0, 9.0)
    scan = blob_at(point, turned(degrees), (50, 60, 64))
    result = canonical(scan)
    assert result.spacing == pytest.approx((1.0, 1.0, 1.0))
    assert np.allclose(np.diag(result.affine), 1.0)
    assert np.allclose(centre_lps(result), centre_lps(scan), atol=0.3)
    back = to_grid(result, scan)
    # Of 1000, for linear interpolation twice.
    assert np.abs(back.array - scan.array)[3:-3, 3:-3, 3:-3].max() < 25


def test_the_new_grid_covers_the_old_one() -> None:
    scan = blob_at((0, 0, 0), turned(25.0), (30, 40, 44))
    result = canonical(scan)
    z, y, x = scan.shape
    for corner in itertools.product((0, z - 1), (0, y - 1), (0, x - 1)):
        index = result.index_of(scan.point_lps(corner))
        assert all(-0.5 <= i <= n - 0.5 for i, n in zip(index, result.shape, strict=True))


def test_outside_of_a_scan_is_its_lowest_value() -> None:
    scan = blob_at((0, 0, 0), turned(30.0), (30, 40, 44))
    scan = scan.like(scan.array - 1024)
    assert canonical(scan).array.min() >= -1024.5


def test_fine_detail_is_smoothed_before_it_is_undersampled() -> None:
    stripes = np.zeros((20, 40, 40), np.float32)
    stripes[:, :, ::2] = 100.0
    volume = Volume(array=stripes, affine=np.eye(4))
    coarse = canonical(volume, (3.0, 3.0, 3.0)).array
    assert coarse[2:-2, 2:-2, 2:-2].std() < 6


def test_labels_come_back_exactly_with_nearest() -> None:
    labels = np.random.default_rng(1).integers(0, 60, (12, 14, 16)).astype(np.uint16)
    scan = Volume(array=labels, affine=np.diag([-1.0, 1.0, -1.0, 1.0]))
    model_grid = canonical(scan)
    back = to_grid(model_grid, scan, "nearest")
    assert (back.array == labels).all()
    assert back.array.dtype == np.uint16


def test_highest_score_wins_and_outside_is_background() -> None:
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    grid = Volume(array=np.zeros((10, 10, 10), np.float32), affine=affine)
    scores = np.zeros((3, 10, 10, 10), np.float32)
    scores[0], scores[1, :, :, :5], scores[2, 5:, :, 5:] = 0.5, 1.0, 1.0
    reference = Volume(array=np.zeros((24, 20, 20), np.uint8), affine=np.eye(4))
    labels = labels_to_grid(scores, grid, reference)
    assert labels.dtype == np.uint16
    assert set(np.unique(labels[:8, :18, :8])) == {1}
    assert labels[15, 10, 15] == 2
    assert set(np.unique(labels[20:])) == {0}


def test_simpleitk_round_trip() -> None:
    scan = blob_at((0, 0, 0), turned(20.0), (8, 9, 10))
    again = from_itk(to_itk(scan))
    assert (again.array == scan.array).all()
    assert np.allclose(again.affine, scan.affine)


def test_point_and_index_are_inverse() -> None:
    scan = blob_at((0, 0, 0), turned(20.0), (8, 9, 10))
    assert scan.index_of(scan.point_lps((1.5, 2.0, 7.25))) == pytest.approx((1.5, 2.0, 7.25))


def test_like_refuses_another_shape() -> None:
    scan = Volume(array=np.zeros((2, 3, 4)), affine=np.eye(4))
    with pytest.raises(ValueError, match="does not fit"):
        scan.like(np.zeros((2, 3, 5)))
