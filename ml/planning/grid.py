"""The grid that a plan is made on: transverse, cut to the body, and no finer than is of use."""

from __future__ import annotations

import itertools

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ml.imaging.itk import from_itk, place, to_itk
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume

# Finer pixels cost time in the ray tracer and change no dose: commercial grids are 2 to 3 mm.
IN_PLANE_MM = 2.0
# Air kept around the body, for beams to enter through.
RIM_MM = 10.0
_STRAIGHT = 1e-3


def is_transverse(volume: Volume) -> bool:
    """Whether rows run to the left, columns to the back and slices to the head."""
    step = volume.affine[:3, :3]
    return bool(np.allclose(step / np.linalg.norm(step, axis=0), np.eye(3), atol=_STRAIGHT))


def planning_grid(volume: Volume, body: NDArray[np.bool_]) -> Volume:
    """An empty transverse grid around ``body`` (a mask (z, y, x) on ``volume``), with the slices'
    own distance, pixels of at least ``IN_PLANE_MM`` and a rim of ``RIM_MM`` where the image
    reaches so far.

    Returns:
        A volume of zeros, float32, with the source of ``volume``.

    Raises:
        ValueError: the body is empty.
    """
    found = np.argwhere(body)
    if not len(found):
        raise ValueError("the body is empty")
    low, high = found.min(axis=0) - 0.5, found.max(axis=0) + 0.5
    rim = RIM_MM / np.array(volume.spacing)
    low = np.maximum(low - rim, -0.5)
    high = np.minimum(high + rim, np.array(volume.shape) - 0.5)
    corners = [
        volume.point_lps((z, y, x))
        for z, y, x in itertools.product(*zip(low.tolist(), high.tolist(), strict=True))
    ]
    first, last = np.min(corners, axis=0), np.max(corners, axis=0)
    z, y, x = volume.spacing
    step = np.array([max(x, IN_PLANE_MM), max(y, IN_PLANE_MM), z])
    size = np.maximum(1, np.rint((last - first) / step)).astype(int)
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = (first + last) / 2 - step * (size - 1) / 2
    if is_transverse(volume):  # slices stay slices
        index = round((affine[2, 3] - volume.affine[2, 3]) / z)
        affine[2, 3] = volume.affine[2, 3] + index * z
    shape = (int(size[2]), int(size[1]), int(size[0]))
    return Volume(array=np.zeros(shape, np.float32), affine=affine, source=volume.source)


def onto(volume: Volume, grid: Volume, outside: float) -> Volume:
    """``volume`` on ``grid``: what is finer than the grid is smoothed away, then interpolated.

    Returns:
        A float32 volume with the shape, affine and source of ``grid``; ``outside`` beyond the
        image's faces.
    """
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    for axis, (old, new) in enumerate(
        zip(reversed(volume.spacing), reversed(grid.spacing), strict=True)
    ):
        # Both grids' half widths, as Gaussians, add up in quadrature: FWHM = spacing.
        sigma = float(np.sqrt(max(new**2 - old**2, 0.0))) / 2.355
        if sigma > 0.3 * old and image.GetSize()[axis] > 3:
            image = sitk.RecursiveGaussian(image, sigma, False, 0, axis)
    placed = to_grid(from_itk(image), grid, outside=outside).array
    return grid.like(placed.astype(np.float32))


def shares_onto(mask: NDArray[np.bool_], of: Volume, grid: Volume) -> NDArray[np.float32]:
    """How much of each voxel of ``grid`` a mask on ``of`` fills: float32 (z, y, x) in 0..1.

    The voxels' own volumes are kept to a fraction of a per cent for structures of many voxels.
    """
    fine = of.like(mask.astype(np.float32))
    shares: NDArray[np.float32] = np.clip(onto(fine, grid, outside=0.0).array, 0.0, 1.0)
    shares[shares < 0.02] = 0.0  # the tails of the smoothing
    return shares


def dose_grid(grid: Volume, step_mm: float) -> Volume:
    """An empty grid of cubes of ``step_mm`` over ``grid``, centred on it."""
    size = np.maximum(2, np.ceil(np.array(grid.shape) * grid.spacing / step_mm)).astype(int)
    middle = np.array(grid.point_lps(tuple((np.array(grid.shape) - 1) / 2)))
    affine = np.diag([step_mm, step_mm, step_mm, 1.0])
    affine[:3, 3] = middle - step_mm * (size[::-1] - 1) / 2
    shape = (int(size[0]), int(size[1]), int(size[2]))
    return Volume(array=np.zeros(shape, np.float32), affine=affine, source=grid.source)


def empty_image(grid: Volume) -> sitk.Image:
    """A SimpleITK image with the place of ``grid``."""
    z, y, x = grid.shape
    image = sitk.Image(x, y, z, sitk.sitkFloat32)
    place(image, grid)
    return image
