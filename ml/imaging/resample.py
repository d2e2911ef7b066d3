"""From the grid of a scan to the canonical grid of the models, and back."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ml.imaging.itk import from_itk, place, to_itk
from ml.imaging.volume import Volume

Interpolation = Literal["nearest", "linear", "cubic"]

_INTERPOLATORS = {
    "nearest": sitk.sitkNearestNeighbor,
    "linear": sitk.sitkLinear,
    "cubic": sitk.sitkBSpline,
}
# A grid this close to another one (a thousandth of a voxel or of a direction) is the same grid.
_SAME = 1e-3


def canonical(
    volume: Volume,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    interpolation: Interpolation = "linear",
) -> Volume:
    """Resample to axes z to the head, y to the back, x to the left, at ``spacing_mm`` (z, y, x).

    The new grid covers the old one entirely; outside the old one lies its lowest value. Where the
    scan's axes already run along the body at that spacing, voxels are only turned round, so their
    values stay exact. Finer detail than the new grid can hold is smoothed away first.

    Returns:
        A float32 volume (the type of the input where voxels are only turned round), no source.
    """
    turned = _turned(volume)
    if turned is not None and np.allclose(turned.spacing, spacing_mm, rtol=0, atol=_SAME):
        return turned
    affine, size = _canonical_grid(volume, spacing_mm)
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    lowest = float(volume.array.min())
    if interpolation != "nearest":
        image = _antialiased(image, volume, spacing_mm)
    grid = Volume(array=np.empty((0, 0, 0), np.float32), affine=affine)
    return from_itk(_resampled(image, grid, size, interpolation, lowest))


def to_grid(
    volume: Volume, reference: Volume, interpolation: Interpolation = "linear", outside: float = 0.0
) -> Volume:
    """Resample ``volume`` to the grid of ``reference``; ``outside`` where it does not reach.

    Returns:
        A volume with the shape, affine and source of ``reference`` and the type of ``volume``.
    """
    z, y, x = reference.shape
    image = _resampled(to_itk(volume), reference, (x, y, z), interpolation, outside)
    return reference.like(sitk.GetArrayFromImage(image))


def labels_to_grid(
    scores: Iterable[NDArray[np.floating[Any]]], grid: Volume, reference: Volume
) -> NDArray[np.uint16]:
    """Index of the highest of ``scores`` at each voxel of ``reference``.

    Each score map (z, y, x) lies on ``grid`` and is interpolated linearly by itself, which keeps
    borders smooth where nearest labels would give steps. One map at a time is held in memory.

    Returns:
        uint16 (z, y, x) on the grid of ``reference``; 0 where ``grid`` does not reach.
    """
    best = np.full(reference.shape, -np.inf, dtype=np.float32)
    label = np.zeros(reference.shape, dtype=np.uint16)
    for index, score in enumerate(scores):
        placed = to_grid(grid.like(score.astype(np.float32)), reference, outside=-np.inf).array
        higher = placed > best
        best[higher] = placed[higher]
        label[higher] = index
    return label


def _resampled(
    image: sitk.Image,
    grid: Volume,
    size: tuple[int, int, int],
    interpolation: Interpolation,
    outside: float,
) -> sitk.Image:
    empty = sitk.Image(1, 1, 1, sitk.sitkUInt8)
    place(empty, grid)
    return sitk.Resample(
        image,
        size,
        sitk.Transform(3, sitk.sitkIdentity),
        _INTERPOLATORS[interpolation],
        empty.GetOrigin(),
        empty.GetSpacing(),
        empty.GetDirection(),
        outside,
        image.GetPixelID(),
    )


def _turned(volume: Volume) -> Volume | None:
    """The volume with flipped and swapped axes so that all run along +LPS, or None if oblique."""
    steps = volume.affine[:3, :3]
    direction = steps / np.linalg.norm(steps, axis=0)
    axis_of = np.argmax(np.abs(direction), axis=1)  # body axis -> voxel axis
    if sorted(axis_of) != [0, 1, 2]:
        return None
    exact = np.zeros((3, 3))
    for body, voxel in enumerate(axis_of):
        exact[body, voxel] = np.sign(direction[body, voxel])
    if not np.allclose(direction, exact, atol=_SAME):
        return None
    # The array's axes are (z, y, x), the affine's columns (x, y, z).
    array = volume.array.transpose([2 - axis_of[2], 2 - axis_of[1], 2 - axis_of[0]])
    affine = np.eye(4)
    affine[:3, :3] = steps[:, axis_of]
    affine[:3, 3] = volume.affine[:3, 3]
    for body in range(3):
        if affine[body, body] < 0:
            last = array.shape[2 - body] - 1
            affine[:3, 3] += affine[:3, body] * last
            affine[:3, body] *= -1
            array = np.flip(array, axis=2 - body)
    return Volume(array=np.ascontiguousarray(array), affine=affine)


def _canonical_grid(
    volume: Volume, spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    z, y, x = volume.shape
    corners = np.array(
        [[i, j, k, 1.0] for i, j, k in itertools.product((-0.5, x - 0.5), (-0.5, y - 0.5),
                                                         (-0.5, z - 0.5))]
    )  # fmt: skip
    points = (volume.affine @ corners.T)[:3]
    low, high = points.min(axis=1), points.max(axis=1)
    step = np.array(spacing_mm[::-1])
    size = np.maximum(1, np.ceil((high - low) / step - _SAME)).astype(int)
    affine = np.diag([*step, 1.0])
    # Centred on the old box, so that what the rounding adds lies evenly on both sides.
    affine[:3, 3] = (low + high) / 2 - step * (size - 1) / 2
    return affine, (int(size[0]), int(size[1]), int(size[2]))


def _antialiased(
    image: sitk.Image, volume: Volume, spacing_mm: tuple[float, float, float]
) -> sitk.Image:
    """Smooth along each voxel axis whose step the new grid would undersample."""
    steps = np.linalg.norm(volume.affine[:3, :3], axis=0)
    direction = np.abs(volume.affine[:3, :3] / steps)
    new_step = direction.T @ np.array(spacing_mm[::-1]) / direction.sum(axis=0)
    # Both grids' half widths (as Gaussians) must add up in quadrature: FWHM = spacing.
    sigma = np.sqrt(np.maximum(new_step**2 - steps**2, 0)) / 2.355
    for axis in range(3):
        if sigma[axis] > 0.3 * steps[axis]:
            image = sitk.RecursiveGaussian(image, float(sigma[axis]), False, 0, axis)
    return image
