"""Flows with a prescribed divergence: tissue that swells or shrinks and pushes its surroundings."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import fft, ndimage
from torch import Tensor

from ml.simulate import labels
from ml.simulate.warp import exponential, sample_linear

_BOX_MARGIN_MM = 8.0
# Over this distance the flow comes to rest before the skull, which does not give way.
_REST_MM = 5.0
_SOFTNESS = {"fluid": 1.0, "brain": 0.15}
_CORRECTIONS, _TOLERANCE, _STRONGEST = 4, 0.03, 2.0


def flow_of(growth: Tensor, spacing_mm: tuple[float, float, float]) -> Tensor:
    """Pull displacement (3, z, y, x) in voxels of the unit-time flow whose divergence is
    ``growth`` (z, y, x), with no flux through the box; ``growth`` should sum to nothing."""
    gradient = torch.from_numpy(_velocity(growth.numpy(), spacing_mm))
    scale = torch.tensor(spacing_mm)[:, None, None, None]
    # Matter moves along the gradient; a pull looks back along it.
    return exponential(-gradient / scale)


def mass_effect(
    swelling: NDArray[np.float32],
    label_ids: NDArray[np.integer],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.float32]:
    """Displacement by tissue that swells inside the skull.

    Args:
        swelling: wanted relative volume gain (z, y, x), 0 where there is no lesion.
        label_ids: source ids (z, y, x); fluid gives way first, then brain.

    Returns:
        float32 (3, z, y, x) in mm, a pull; zero at and beyond the skull.

    Raises:
        ValueError: the volume holds no brain.
    """
    tissue = labels.code_to_tissue()[labels.encode(label_ids)]
    brain = np.array([t.in_brain for t in labels.TISSUES])[tissue]
    inside = brain | (label_ids == 24)
    if not brain.any():
        raise ValueError("the volume holds no brain")
    box = _box_around(inside, spacing_mm)
    fluid = np.isin(label_ids[box], (24, 4, 43, 5, 44, 14, 15))
    soft = np.where(fluid, _SOFTNESS["fluid"], _SOFTNESS["brain"]) * inside[box]
    soft *= swelling[box] < 0.02
    rate = np.log1p(swelling[box].astype(np.float64)) * inside[box]
    displacement = np.zeros((3, *label_ids.shape), dtype=np.float32)
    if rate.sum() <= 0 or soft.sum() == 0:
        return displacement
    depth = ndimage.distance_transform_edt(inside[box], sampling=spacing_mm)
    window = np.clip(depth / _REST_MM, 0, 1).astype(np.float32)
    scale = np.asarray(spacing_mm, dtype=np.float32)[:, None, None, None]
    lump = torch.from_numpy((rate > 0).astype(np.float32))[None]
    wanted = float(swelling[box][rate > 0].sum())
    strength, pull = 1.0, torch.zeros(3, *rate.shape)
    for _ in range(_CORRECTIONS):  # the grid and the skull take a part of it
        growth = strength * (rate - rate.sum() * soft / soft.sum())
        velocity = _velocity(growth.astype(np.float32), spacing_mm) * window
        pull = exponential(-torch.from_numpy((velocity / scale).astype(np.float32)))
        gained = float((sample_linear(lump, pull) - lump).sum())
        if gained <= 0 or abs(gained / wanted - 1) < _TOLERANCE:
            break
        strength = min(_STRONGEST, strength * wanted / gained)
    # Rounding of the resampling must not move the skull.
    displacement[(slice(None), *box)] = pull.numpy() * scale * (window > 0)
    return displacement


def _box_around(
    inside: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[slice, slice, slice]:
    found = ndimage.find_objects(inside.astype(np.uint8))[0]
    z, y, x = (
        slice(
            max(0, part.start - round(_BOX_MARGIN_MM / step)),
            min(size, part.stop + round(_BOX_MARGIN_MM / step)),
        )
        for part, step, size in zip(found, spacing_mm, inside.shape, strict=True)
    )
    return z, y, x


def _velocity(
    growth: NDArray[np.float32], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float32]:
    potential = poisson(growth, spacing_mm)
    slopes = [np.gradient(potential, step, axis=a) for a, step in enumerate(spacing_mm)]
    return np.stack(slopes).astype(np.float32)


def poisson(
    source: NDArray[np.float32], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Solve Laplace(u) = source with no flux through the box, by the cosine transform."""
    spectrum = fft.dctn(source.astype(np.float64), norm="ortho")
    total = np.zeros(source.shape)
    for axis, (size, step) in enumerate(zip(source.shape, spacing_mm, strict=True)):
        view = [1, 1, 1]
        view[axis] = size
        eigenvalue = (2 * np.cos(np.pi * np.arange(size) / size) - 2) / step**2
        total = total + eigenvalue.reshape(view)
    total[0, 0, 0] = 1.0
    spectrum /= total
    spectrum[0, 0, 0] = 0.0
    solution: NDArray[np.float64] = fft.idctn(spectrum, norm="ortho")
    return solution
