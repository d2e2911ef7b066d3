"""Volumes as SimpleITK images and back. SimpleITK also counts in LPS mm."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from ml.imaging.volume import SourceSeries, Volume


def to_itk(volume: Volume) -> sitk.Image:
    """A SimpleITK image with the same voxels (copied) and the same place in space."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array))
    place(image, volume)
    return image


def place(image: sitk.Image, grid: Volume) -> None:
    """Give ``image`` the origin, spacing and direction of ``grid``."""
    spacing = np.linalg.norm(grid.affine[:3, :3], axis=0)
    direction = grid.affine[:3, :3] / spacing
    image.SetOrigin([float(v) for v in grid.affine[:3, 3]])
    image.SetSpacing([float(v) for v in spacing])
    image.SetDirection([float(v) for v in direction.ravel()])


def from_itk(image: sitk.Image, source: SourceSeries | None = None) -> Volume:
    """The volume of a SimpleITK image: array (z, y, x), affine voxel (x, y, z) → LPS mm."""
    affine: np.ndarray[Any, np.dtype[np.float64]] = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    affine[:3, :3] = direction * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return Volume(array=sitk.GetArrayFromImage(image), affine=affine, source=source)
