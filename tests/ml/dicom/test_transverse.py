"""Volumes on the grid that planning systems import, and why they were changed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.dicom.transverse import transverse
from ml.imaging.volume import Volume


def volume(axes: NDArray[np.float64], shape: tuple[int, int, int] = (5, 12, 12)) -> Volume:
    """A ramp along LPS, z, y, x: every value says where it lies."""
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = (-10, -20, 30)
    z, y, x = np.indices(shape)
    points = affine @ np.stack([x, y, z, np.ones_like(x)]).reshape(4, -1)
    values = (points[0] + 100 * points[1] + 10 * points[2]).reshape(shape).astype(np.float32)
    return Volume(array=values, affine=affine)


def expected(at: Volume) -> NDArray[np.float64]:
    z, y, x = np.indices(at.shape)
    points = at.affine @ np.stack([x, y, z, np.ones_like(x)]).reshape(4, -1)
    values: NDArray[np.float64] = points[0] + 100 * points[1] + 10 * points[2]
    return values.reshape(at.shape)


def turn(degrees: float) -> NDArray[np.float64]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def test_transverse_stays_what_it_is() -> None:
    image = volume(np.diag([0.9, 0.9, 3.0]))
    result = transverse(image)
    assert result.volume is image
    assert (result.reason, result.exact) == ("", True)


def test_sagittal_slices_are_turned_voxel_by_voxel() -> None:
    sagittal = volume(np.array([[0, 0, 1.0], [1.0, 0, 0], [0, -1.5, 0]]), (6, 8, 7))
    result = transverse(sagittal)
    assert (
        result.reason == "The image was turned to transverse slices: its slices are not transverse."
    )
    assert result.exact
    assert result.volume.shape == (8, 7, 6)
    assert np.allclose(result.volume.affine[:3, :3], np.diag([1, 1, 1.5]))
    assert np.allclose(result.volume.array, expected(result.volume), atol=1e-3)


def test_oblique_slices_are_resampled_with_the_angle_in_the_reason() -> None:
    result = transverse(volume(turn(14) @ np.diag([1, 1, 2.0]), (9, 16, 16)))
    assert "oblique by 14.0°" in result.reason
    assert not result.exact
    assert np.allclose(result.volume.affine[:3, :3], np.diag([1, 1, 2]))
    centre = tuple(slice(n // 2 - 1, n // 2 + 2) for n in result.volume.shape)
    assert np.allclose(result.volume.array[centre], expected(result.volume)[centre], atol=2)


def test_hardly_oblique_slices_become_exactly_transverse() -> None:
    result = transverse(volume(turn(0.02), (9, 16, 16)))
    assert "oblique by 0.0°" in result.reason
    assert (result.volume.affine[:3, :3] == np.diag([1, 1, 1])).all()
    inner = (slice(2, -2),) * 3
    assert np.allclose(result.volume.array[inner], expected(result.volume)[inner], atol=0.1)


def test_oblong_pixels_become_square() -> None:
    result = transverse(volume(np.diag([1.0, 2.0, 3.0])))
    assert "not square (1.00 × 2.00 mm)" in result.reason
    assert result.volume.spacing == pytest.approx((3, 1, 1))
    assert result.volume.shape[1] == 24


def test_too_many_pixels_become_coarser() -> None:
    result = transverse(volume(np.diag([0.5, 0.5, 3.0]), (2, 600, 500)))
    assert "512 pixels" in result.reason
    assert max(result.volume.shape[1:]) == 512
    assert result.volume.spacing[1] == pytest.approx(300 / 512)


def test_too_many_slices_are_refused() -> None:
    with pytest.raises(InputRefused, match="2500 of them"):
        transverse(volume(np.diag([1.0, 1.0, 0.1]), (2500, 2, 2)))
