"""Another person from one anatomy: a random affine change and a smooth, invertible one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.simulate.corrupt import gaussian_blur
from ml.simulate.deform import random_affine
from ml.simulate.draw import Draw
from ml.simulate.growth import Spacing
from ml.simulate.warp import exponential, warp


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Ranges: scale as a share, rotation in degrees, shear; sd of the nonlinear part in mm and the
    distance of its nodes."""

    scale: float = 0.06
    rotation_degrees: float = 8.0
    shear: float = 0.012
    warp_sd_mm: float = 3.0
    node_mm: float = 28.0


def varied(
    label_ids: NDArray[np.integer[Any]],
    spacing_mm: Spacing,
    seed: int,
    variation: Variation | None = None,
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Labels (z, y, x) of another head on the same grid, and the displacement (3, z, y, x) in mm
    that pulled them from ``label_ids``."""
    variation = variation or Variation()
    draw = Draw(seed)
    shape = label_ids.shape
    matrix = random_affine(
        draw,
        scale=variation.scale,
        rotation_degrees=variation.rotation_degrees,
        shear=variation.shear,
    )
    scale = torch.tensor(spacing_mm)[:, None, None, None]
    velocity = _smooth_velocity(draw, shape, variation.node_mm / float(np.mean(spacing_mm)))
    bend = exponential(velocity * variation.warp_sd_mm / scale) * scale
    axes = [
        (torch.arange(size, dtype=torch.float32) - (size - 1) / 2) * step
        for size, step in zip(shape, spacing_mm, strict=True)
    ]
    place = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    turned = torch.einsum("ij,jzyx->izyx", matrix, place + bend)
    displacement: NDArray[np.float32] = (turned - place).numpy()
    return warp(label_ids.astype(np.uint16), displacement, spacing_mm, order=0), displacement


def _smooth_velocity(draw: Draw, shape: tuple[int, ...], node_voxels: float) -> Tensor:
    """(3, z, y, x) of sd 1 without the kinks of a coarse grid, which the skull would show."""
    nodes = [max(4, round(4 * size / node_voxels) + 1) for size in shape]
    coarse = gaussian_blur(draw.normals(3, *nodes), (2.0, 2.0, 2.0))
    coarse = coarse / coarse.std().clamp_min(1e-6)
    fine: Tensor = functional.interpolate(
        coarse[None], size=list(shape), mode="trilinear", align_corners=True
    )
    return fine[0]
