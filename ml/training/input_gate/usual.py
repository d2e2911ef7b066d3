"""The usual images of the head gate: simulated heads on a scanner's own grid, framed as people
frame heads.

What is drawn at random spans what usable clinical scans span and no more: whole and skull-stripped
adult heads in the common contrasts, isotropic or in slices of up to 6 mm, straight or oblique, with
the noise, blur, shading and slight movement that readers take without a word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.contrast import free_contrast, physical_contrast
from ml.simulate.corrupt import bias_field, gaussian_blur, moved_head, rician
from ml.simulate.deform import pull_field, random_affine, sample_nearest, smooth_field
from ml.simulate.draw import Draw
from ml.simulate.matter import matter_index
from ml.simulate.paint import paint

VOXEL_MM = 2.0
# The whole head and neck with air around it, (z, y, x).
_SHAPE = (130, 132, 106)
_STRIPPED_SHARE, _PHYSICAL_SHARE, _T1_SHARE = 0.3, 0.95, 0.5
# Adult heads differ by some per cent in size; the label maps' people add their own.
_SIZE = 0.08
_WARP_MM, _WARP_NODE_MM = 3.0, 24.0
# Pitch of the head in the scanner, and of slices laid along it; the other two turns are smaller.
_PITCH_DEGREES, _OTHER_DEGREES = 15.0, 7.0
# Air left around the head, and how much of the neck side is not in the picture (share of height).
_MARGIN_MM = (0.0, 40.0)
_NECK_CUT_SHARE, _STRIPPED_CUT_SHARE = 0.4, 0.08
# Share of the spread within tissues that segmentation is trained with.
_GRAIN = 0.35
# Voxels within the slices, and of volumes that were not measured in slices.
_IN_PLANE_MM, _EVEN_MM = 1.0, 4.0 / 3.0
# Sd of the noise at the voxels of the image, bright tissue being 1: an SNR of 20 is still usual.
_NOISE = (0.004, 0.05)
_MOTION_MM = 0.6


@dataclass(frozen=True, slots=True)
class _Object:
    """Ideal image and the head's place, both (z, y, x), before any scanner."""

    ideal: Tensor
    inside: Tensor
    stripped: bool


def usual_head(anatomy: Anatomy, seed: int) -> Volume:
    """One head, bright tissue at about 1, on a grid in LPS axes or oblique. Same seed, same image.

    Raises:
        RuntimeError: the anatomy holds no brain.
    """
    draw = Draw(seed)
    thing = _object(draw, anatomy)
    image, spacing = _scanned(draw, thing)
    frame = _frame(draw, thing, image.shape)
    array = np.ascontiguousarray(image.numpy()[frame])
    return Volume(array=array, affine=_affine(draw, spacing))


def _object(draw: Draw, anatomy: Anatomy) -> _Object:
    brain = np.argwhere(anatomy.brain_distance[::4, ::4, ::4] == 0) * 4
    # The head reaches further down from the brain than up.
    middle = torch.from_numpy((brain.min(axis=0) + brain.max(axis=0)) / 2.0).float()
    middle = middle + torch.tensor([-25.0, 0.0, 0.0]) + draw.uniforms(-4.0, 4.0, 3)
    turn = random_affine(draw, scale=_SIZE, rotation_degrees=_OTHER_DEGREES)
    if draw.chance(0.5):
        turn = turn @ torch.diag(torch.tensor([1.0, 1.0, -1.0]))
    warp = draw.uniform(0, _WARP_MM) * smooth_field(
        draw, _SHAPE, channels=3, node_spacing=_WARP_NODE_MM / VOXEL_MM
    )
    pull = pull_field(_SHAPE, centre=middle, affine=turn * VOXEL_MM, displacement=warp)
    codes = sample_nearest(torch.from_numpy(anatomy.codes), pull)
    stripped = draw.chance(_STRIPPED_SHARE)
    if stripped:
        distance = sample_nearest(torch.from_numpy(anatomy.brain_distance), pull, outside=255)
        fluid = codes == labels.code_of(24)
        keep = (distance == 0) | (fluid & (distance <= draw.integer(1, 14)))
        codes = torch.where(keep, codes, torch.zeros_like(codes))
    physical = draw.chance(_PHYSICAL_SHARE)
    contrast = physical_contrast(draw, t1_share=_T1_SHARE) if physical else free_contrast(draw)
    # Whatever the contrast, air gives no signal.
    contrast.mean[matter_index("air")] = contrast.sd[matter_index("air")] = 0.0
    # Tissue varies little from voxel to voxel; what does in a scan is noise, which comes later.
    contrast = replace(contrast, sd=contrast.sd * _GRAIN)
    ideal = paint(draw, codes, contrast).clamp_min(0)
    inside = codes > 0
    return _Object(ideal * inside if stripped else ideal, inside, stripped)


def _scanned(draw: Draw, thing: _Object) -> tuple[Tensor, tuple[float, float, float]]:
    """Blur, slight movement, shading, slices, noise, and what the console does to the picture."""
    width = draw.uniform(0.2, 0.7)
    image = gaussian_blur(thing.ideal, (width, width, width))
    image = image * bias_field(draw, _SHAPE, strength=draw.uniform(0.0, 0.25))
    image = image / max(float(torch.quantile(image[thing.inside][::31], 0.95)), 1e-6)
    if not thing.stripped and draw.chance(0.5):
        image = moved_head(
            draw,
            image,
            (VOXEL_MM,) * 3,
            axis=draw.integer(0, 3),
            amount_mm=draw.uniform(0, _MOTION_MM),
        )
    low, high = (math.log(value) for value in _NOISE)
    sd = math.exp(draw.uniform(low, high))
    image, thick = _sliced(draw, image)
    # Zero filling, as consoles do, comes after the noise and smooths it.
    filled = draw.chance(0.25)
    image = rician(draw, image, sd=0.5 * sd) if filled else image
    image = _finer(image, thick)
    image = image if filled else rician(draw, image, sd=sd)
    z, y, x = (VOXEL_MM * a / b for a, b in zip(_SHAPE, image.shape, strict=True))
    inside = functional.interpolate(thing.inside[None, None].float(), size=image.shape)[0, 0] > 0
    if thing.stripped and draw.chance(0.8):
        image = image * inside
    elif draw.chance(0.35):
        # The console cuts the air's noise away.
        image = torch.where(image > draw.uniform(0.03, 0.1), image, torch.zeros_like(image))
    if draw.chance(0.3):
        width = draw.uniform(0.3, 0.7)
        image = gaussian_blur(image, (width, width, width))
    if draw.chance(0.3):
        image = image.clamp_min(0) ** draw.log_normal(0.2)
    if draw.chance(0.15):
        image = image.clamp_max(float(torch.quantile(image[inside][::31], 0.99)))
    return image, (z, y, x)


def _sliced(draw: Draw, image: Tensor) -> tuple[Tensor, int | None]:
    """The image in slices, and the axis across them; None where it was measured as a volume."""
    if draw.chance(0.35):
        return image, None
    way = draw.uniform(0, 1)
    axis = 0 if way < 0.7 else 2 if way < 0.9 else 1
    size = list(image.shape)
    size[axis] = round(size[axis] * VOXEL_MM / draw.uniform(2.5, 6.0))
    return functional.interpolate(image[None, None], size=size, mode="area")[0, 0], axis


def _finer(image: Tensor, thick: int | None) -> Tensor:
    """On the voxels that scanners use; slices stay as they are."""
    step = _EVEN_MM if thick is None else _IN_PLANE_MM
    size = [
        n if axis == thick else round(n * VOXEL_MM / step) for axis, n in enumerate(image.shape)
    ]
    fine = functional.interpolate(
        image[None, None], size=size, mode="trilinear", align_corners=False
    )
    return fine[0, 0]


def _frame(draw: Draw, thing: _Object, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """The field of view: some air, the neck often cut off, now and then a little of the rest."""
    places = np.argwhere(thing.inside.numpy())
    low, high = places.min(axis=0), places.max(axis=0) + 1
    frame = []
    for axis in range(3):
        before, after = (draw.uniform(*_MARGIN_MM) / VOXEL_MM for _ in range(2))
        extent = float(high[axis] - low[axis])
        if axis == 0 and draw.chance(0.6):
            # z grows to the head: what is cut off lies at its start.
            share = _STRIPPED_CUT_SHARE if thing.stripped else _NECK_CUT_SHARE
            before = -draw.uniform(0.0, share) * extent
        elif not thing.stripped and draw.chance(0.15):
            before = -draw.uniform(0.0, 0.05) * extent
        if not thing.stripped and draw.chance(0.15):
            after = -draw.uniform(0.0, 0.04) * extent
        scale = shape[axis] / _SHAPE[axis]
        start = max(0, round((low[axis] - before) * scale))
        frame.append(slice(start, min(shape[axis], round((high[axis] + after) * scale))))
    return tuple(frame)


def _affine(draw: Draw, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """The head's pitch lies in the header when slices were laid along it."""
    pitch = math.radians(draw.uniform(-_PITCH_DEGREES, _PITCH_DEGREES))
    cosine, sine = math.cos(pitch), math.sin(pitch)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    affine = np.eye(4)
    affine[:3, :3] = (turn if draw.chance(0.6) else np.eye(3)) @ np.diag(spacing[::-1])
    return affine
