"""One random head: an anatomy deformed, given a contrast and scanned. The segmenter's training
example, by domain randomisation (Billot et al., SynthSeg, Med. Image Anal. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.contrast import free_contrast, physical_contrast
from ml.simulate.corrupt import scan
from ml.simulate.deform import pull_field, random_affine, sample_nearest, smooth_field
from ml.simulate.draw import Draw
from ml.simulate.intensity import normalise
from ml.simulate.paint import paint


@dataclass(frozen=True, slots=True)
class HeadOptions:
    """What is drawn at random and how often."""

    shape: tuple[int, int, int] = (128, 144, 128)
    voxel_mm: float = 1.0
    centre_spread_mm: float = 35.0
    scale: float = 0.2
    rotation_degrees: float = 15.0
    warp_sd_mm: float = 3.0
    warp_node_mm: float = 24.0
    physical_share: float = 0.75
    t1_share: float = 0.75
    stripped_share: float = 0.3
    brain_centre_share: float = 0.75


@dataclass(frozen=True, slots=True)
class Head:
    """Image float32 and truth uint8, all (z, y, x): tissue index and side of every voxel."""

    image: Tensor
    tissue: Tensor
    side: Tensor
    contrast: str


_TISSUE_OF_CODE = torch.from_numpy(labels.code_to_tissue().copy())
_SIDE_OF_CODE = torch.from_numpy(labels.code_to_side().copy())
_MIRRORED = torch.from_numpy(labels.mirrored_code().copy())


def _centre(draw: Draw, anatomy: Anatomy, brain_share: float, spread_mm: float) -> Tensor:
    """Centre of the view: near the brain's middle most of the time, anywhere in the head else."""
    brain = np.argwhere(anatomy.brain_distance[::4, ::4, ::4] == 0) * 4
    low, high = brain.min(axis=0), brain.max(axis=0)
    middle = torch.from_numpy((low + high) / 2.0).float()
    if draw.chance(brain_share):
        return middle + draw.uniforms(-spread_mm, spread_mm, 3)
    size = torch.tensor(anatomy.codes.shape, dtype=torch.float32)
    return size * draw.uniforms(0.2, 0.8, 3)


def _deformed(
    draw: Draw, anatomy: Anatomy, options: HeadOptions, *, on_brain: bool
) -> tuple[Tensor, Tensor]:
    """Codes and brain distance on the output grid, after a random transform and mirroring;
    ``on_brain`` keeps the view near the brain."""
    affine = random_affine(draw, scale=options.scale, rotation_degrees=options.rotation_degrees)
    mirrored = draw.chance(0.5)
    if mirrored:
        affine = affine @ torch.diag(torch.tensor([1.0, 1.0, -1.0]))
    warp = draw.uniform(0, options.warp_sd_mm) * smooth_field(
        draw, options.shape, channels=3, node_spacing=options.warp_node_mm / options.voxel_mm
    )
    centre = _centre(
        draw, anatomy, 1.0 if on_brain else options.brain_centre_share, options.centre_spread_mm
    )
    # The label maps are at 1 mm; a coarser voxel takes larger steps through them.
    affine = affine * options.voxel_mm
    pull = pull_field(options.shape, centre=centre, affine=affine, displacement=warp)
    codes = sample_nearest(torch.from_numpy(anatomy.codes), pull)
    distance = sample_nearest(torch.from_numpy(anatomy.brain_distance), pull, outside=255)
    return (_MIRRORED[codes.int()] if mirrored else codes), distance


def _stripped(draw: Draw, codes: Tensor, distance: Tensor) -> Tensor:
    """Remove what skull stripping removes: all beyond a margin around the brain, or all but
    brain, or all but brain and fluid near it."""
    fluid = codes == labels.code_of(24)
    brain = distance == 0
    way = draw.uniform(0, 1)
    if way < 0.25:
        keep = brain
    elif way < 0.75:
        keep = brain | (fluid & (distance <= draw.integer(2, 14)))
    else:
        keep = distance <= draw.integer(1, 6)
    return torch.where(keep, codes, torch.zeros_like(codes))


def random_head(anatomy: Anatomy, seed: int, options: HeadOptions | None = None) -> Head:
    """Draw one head. The same seed gives the same head.

    Raises:
        RuntimeError: the anatomy holds no brain.
    """
    options = options or HeadOptions()
    draw = Draw(seed)
    stripped = draw.chance(options.stripped_share)
    codes, distance = _deformed(draw, anatomy, options, on_brain=stripped)
    if stripped:
        codes = _stripped(draw, codes, distance)
    physical = draw.chance(options.physical_share)
    contrast = (
        physical_contrast(draw, t1_share=options.t1_share) if physical else free_contrast(draw)
    )
    ideal = paint(draw, codes, contrast).clamp_min(0)
    foreground = codes > 0
    if stripped:
        ideal = ideal * foreground
    image = scan(draw, ideal, foreground=foreground)
    if stripped and draw.chance(0.7):
        image = image * foreground
    index = codes.int()
    return Head(
        image=normalise(image) * draw.uniform(0.85, 1.15),
        tissue=_TISSUE_OF_CODE[index],
        side=_SIDE_OF_CODE[index],
        contrast=contrast.name,
    )
