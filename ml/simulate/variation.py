"""Another person from one anatomy: a random affine change and a smooth, invertible one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.simulate.deform import random_affine, smooth_field
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
    node_voxels = variation.node_mm / float(np.mean(spacing_mm))
    velocity = smooth_field(draw, shape, channels=3, node_spacing=node_voxels)
    bend = exponential(velocity * variation.warp_sd_mm / scale) * scale
    axes = [
        (torch.arange(size, dtype=torch.float32) - (size - 1) / 2) * step
        for size, step in zip(shape, spacing_mm, strict=True)
    ]
    place = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    turned = torch.einsum("ij,jzyx->izyx", matrix, place + bend)
    displacement: NDArray[np.float32] = (turned - place).numpy()
    return warp(label_ids.astype(np.uint16), displacement, spacing_mm, order=0), displacement
