"""Spatial transforms of label maps: random affine plus smooth displacement, and their sampling.

Coordinates are voxel indices (z, y, x) of the source volume. A *pull* field of shape
(3, z, y, x) says for each output voxel where in the source its value comes from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ml.simulate.draw import Draw


def random_affine(
    draw: Draw, *, scale: float = 0.2, rotation_degrees: float = 15.0, shear: float = 0.012
) -> Tensor:
    """A random 3x3 matrix acting on (z, y, x): rotation, shear, scale about the origin."""
    angles = [math.radians(draw.uniform(-rotation_degrees, rotation_degrees)) for _ in range(3)]
    matrix = torch.eye(3)
    for axis, angle in enumerate(angles):
        i, j = [k for k in range(3) if k != axis]
        turn = torch.eye(3)
        turn[i, i] = turn[j, j] = math.cos(angle)
        turn[i, j], turn[j, i] = -math.sin(angle), math.sin(angle)
        matrix = matrix @ turn
    skew = torch.eye(3) + shear * (2 * draw.uniforms(0, 1, 3, 3) - 1) * (1 - torch.eye(3))
    # One size of head and a smaller freedom per axis, as heads differ.
    common = draw.uniform(1 - 0.75 * scale, 1 + 0.75 * scale)
    stretch = common * (1 + 0.4 * scale * (2 * draw.uniforms(0, 1, 3) - 1))
    return matrix @ skew @ torch.diag(stretch)


def smooth_field(draw: Draw, shape: Sequence[int], *, channels: int, node_spacing: float) -> Tensor:
    """A smooth random field (channels, z, y, x), mean 0 and standard deviation about 1 at the
    nodes of a coarse grid ``node_spacing`` voxels apart, interpolated trilinearly."""
    nodes = [max(2, round(size / node_spacing) + 1) for size in shape]
    coarse = draw.normals(1, channels, *nodes)
    fine = functional.interpolate(coarse, size=list(shape), mode="trilinear", align_corners=True)
    return fine[0]


def pull_field(
    shape: Sequence[int],
    *,
    centre: Tensor,
    affine: Tensor,
    displacement: Tensor | None = None,
) -> Tensor:
    """Pull field (3, z, y, x): output voxel at offset ``o`` from the output's centre comes from
    ``centre + affine @ o`` (+ ``displacement``, (3, z, y, x) in source voxels)."""
    axes = [torch.arange(size, dtype=torch.float32) - (size - 1) / 2 for size in shape]
    views = (axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :])
    rows = [
        float(centre[row])
        + sum(float(affine[row, column]) * views[column] for column in range(3))
        for row in range(3)
    ]  # fmt: skip
    field = torch.stack([torch.as_tensor(row).expand(*shape) for row in rows])
    return field if displacement is None else field + displacement


def sample_nearest(volume: Tensor, pull: Tensor, *, outside: int = 0) -> Tensor:
    """Values of ``volume`` (z, y, x) at the nearest voxel to ``pull`` (3, Z, Y, X); ``outside``
    where that lies beyond the volume. Keeps the dtype of the volume."""
    index = pull.round().to(torch.int32)
    inside = torch.ones(pull.shape[1:], dtype=torch.bool)
    flat = torch.zeros(pull.shape[1:], dtype=torch.int32)
    for axis, size in enumerate(volume.shape):
        inside &= (index[axis] >= 0) & (index[axis] < size)
        flat = flat * size + index[axis].clamp_(0, size - 1)
    values = volume.reshape(-1).index_select(0, flat.reshape(-1)).reshape(pull.shape[1:])
    return torch.where(inside, values, torch.full((), outside, dtype=volume.dtype))
