"""Intensities from codes: what the object looks like before any scanner touches it."""

from __future__ import annotations

import torch
from torch import Tensor

from ml.simulate import labels
from ml.simulate.contrast import Contrast
from ml.simulate.deform import smooth_field
from ml.simulate.draw import Draw
from ml.simulate.matter import matter_index

_MATTER_OF_CODE = torch.tensor([matter_index(s.matter) for s in labels.SOURCE_LABELS])


def paint(draw: Draw, codes: Tensor, contrast: Contrast) -> Tensor:
    """Class mean and texture per voxel; soft tissue is muscle and fat in patches.

    ``codes`` uint8 (z, y, x); returns float32 of the same shape, in the unit of ``contrast``.
    """
    shape = codes.shape
    mean, sd = contrast.mean[_MATTER_OF_CODE], contrast.sd[_MATTER_OF_CODE]
    index = codes.int()
    base, spread = mean[index], sd[index]
    fat, soft = matter_index("fat"), codes == labels.code_of(507)
    patches = smooth_field(draw, shape, channels=1, node_spacing=draw.uniform(5, 14))[0]
    is_fat = soft & (patches > draw.uniform(-0.6, 0.6))
    base = torch.where(is_fat, contrast.mean[fat], base)
    spread = torch.where(is_fat, contrast.sd[fat], spread)
    # Slow variation inside tissues: real ones are not flat (myelin, iron, partial volume).
    drift = smooth_field(draw, shape, channels=1, node_spacing=draw.uniform(8, 30))[0]
    return base + spread * (draw.normals(*shape) + draw.uniform(0, 1) * drift)
