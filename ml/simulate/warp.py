"""Dense displacement fields in mm: integration of velocities and warping of volumes.

A displacement (3, z, y, x) in mm, components in the order (z, y, x), is a *pull*: the value at a
voxel comes from the place ``displacement`` away from it.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

Voxel = TypeVar("Voxel", bound=np.number[Any])


def warp(
    volume: NDArray[Voxel],
    displacement_mm: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    order: Literal[0, 1, 2, 3] = 1,
) -> NDArray[Voxel]:
    """Pull ``volume`` (z, y, x) through a displacement; edges are repeated.

    Args:
        order: of the spline; 0 for labels (dtype kept exactly), 1 linear, 3 cubic.

    Raises:
        ValueError: the displacement is not (3, *volume.shape).
    """
    if displacement_mm.shape != (3, *volume.shape):
        raise ValueError("displacement must be (3, z, y, x) on the grid of the volume")
    grid = np.indices(volume.shape, dtype=np.float32)
    spacing = np.asarray(spacing_mm, dtype=np.float32)[:, None, None, None]
    pull = grid + displacement_mm / spacing
    warped: NDArray[Voxel] = ndimage.map_coordinates(
        volume, pull, order=order, mode="nearest", output=volume.dtype
    )
    return warped


def sample_linear(field: Tensor, pull_voxels: Tensor) -> Tensor:
    """Trilinear values of ``field`` (C, z, y, x) at identity plus ``pull_voxels`` (3, z, y, x);
    edges are repeated."""
    shape = field.shape[1:]
    scaled = []
    for axis, size in reversed(list(enumerate(shape))):
        view = [1, 1, 1]
        view[axis] = size
        index = torch.arange(size, dtype=torch.float32, device=field.device).reshape(view)
        scaled.append(2 * (index + pull_voxels[axis]) / max(1, size - 1) - 1)
    grid = torch.stack(scaled, dim=-1)[None]
    sampled: Tensor = functional.grid_sample(
        field[None], grid, mode="bilinear", padding_mode="border", align_corners=True
    )
    first: Tensor = sampled[0]
    return first


def exponential(velocity_voxels: Tensor, squarings: int = 5) -> Tensor:
    """Displacement (3, z, y, x) in voxels of the flow of a stationary velocity for unit time, by
    scaling and squaring (Arsigny et al., MICCAI 2006): smooth and invertible."""
    displacement: Tensor = velocity_voxels / float(2**squarings)
    for _ in range(squarings):
        displacement = displacement + sample_linear(displacement, displacement)
    return displacement


def partial_volumes(label_ids: NDArray[np.integer[Any]], pull_voxels: Tensor) -> dict[int, float]:
    """Voxels of every label after a pull (3, z, y, x), partial volumes counted: the sum of its
    mask sampled linearly. All labels at once: each voxel gives its eight corners their weights."""
    shape = label_ids.shape
    ids, codes = np.unique(label_ids, return_inverse=True)
    codes = codes.reshape(shape)
    low, share = [], []
    for axis, size in enumerate(shape):
        view = [1, 1, 1]
        view[axis] = size
        at = np.arange(size, dtype=np.float32).reshape(view) + pull_voxels[axis].numpy()
        at = np.clip(at, 0, size - 1)
        floor = np.minimum(at.astype(np.int64), max(0, size - 2))
        low.append(floor)
        share.append(at - floor)
    counts = np.zeros(len(ids))
    for corner in np.ndindex(2, 2, 2):
        weight = np.ones(shape, dtype=np.float64)
        place = []
        for axis, step in enumerate(corner):
            weight *= share[axis] if step else 1 - share[axis]
            place.append(np.minimum(low[axis] + step, shape[axis] - 1))
        found = codes[place[0], place[1], place[2]]
        counts += np.bincount(found.ravel(), weights=weight.ravel(), minlength=len(ids))
    return {int(label): float(count) for label, count in zip(ids, counts, strict=True)}
