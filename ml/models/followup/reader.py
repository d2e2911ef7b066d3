"""What a head MR shows, at 2 mm: brain, visible tumour, its core, ventricles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.followup.config import SPACING_MM
from ml.models.followup.modeling import FollowNet
from ml.models.followup.state import normalised

# Smaller than this, a spot is not taken for a lesion that one could follow.
LEAST_LESION_ML = 0.3
_LEAST_BRAIN_ML = 250.0
VOXEL_ML = float(np.prod(SPACING_MM)) / 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """``grid``: the image at 2 mm along the body's axes, float32, normal brain about 1; shares
    0..1 (z, y, x) on it. ``scale``: by how much the image was divided."""

    grid: Volume
    scale: float
    brain: NDArray[np.bool_]
    visible: NDArray[np.float32]
    core: NDArray[np.float32]
    ventricle: NDArray[np.float32]

    @property
    def lesion_ml(self) -> float:
        return volume_ml(self.visible)

    @property
    def ventricle_ml(self) -> float:
        return volume_ml(self.ventricle)

    @property
    def middle(self) -> tuple[float, float, float]:
        """Voxel (z, y, x) in the middle of the lesion, without one of the brain."""
        inside = self.visible > 0.5 if (self.visible > 0.5).any() else self.brain
        z, y, x = np.argwhere(inside).mean(axis=0)
        return float(z), float(y), float(x)


def volume_ml(share: NDArray[np.floating]) -> float:
    """Volume of a share (z, y, x) at 2 mm, partial volumes counted."""
    return float(share.sum(dtype=np.float64)) * VOXEL_ML


def read_head(volume: Volume, network: FollowNet) -> Reading:
    """Find brain, lesion and ventricles in a head MR (FLAIR; any grid).

    Raises:
        ValueError: there is no brain in the image.
    """
    grid = canonical(volume, SPACING_MM)
    image = torch.from_numpy(grid.array.astype(np.float32).clip(min=0))
    stride = network.config.stride
    z, y, x = image.shape
    padded = functional.pad(normalised(image), (0, -x % stride, 0, -y % stride, 0, -z % stride))
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(padded[None, None])
    shares = logits[0, :, :z, :y, :x].float().sigmoid().numpy()
    brain = _largest(shares[0] > 0.5)
    if brain.sum() * VOXEL_ML < _LEAST_BRAIN_ML:
        raise ValueError("no brain is found in the image")
    near = ndimage.binary_dilation(brain, iterations=1)
    visible = _lesions(shares[1] * near)
    core = np.minimum(shares[2], visible)
    normal = brain & (visible < 0.1)
    scale = float(np.median(grid.array[normal]))
    if scale <= 0:
        raise ValueError("the brain in the image has no signal")
    return Reading(
        grid=grid.like((grid.array / scale).astype(np.float32)),
        scale=scale,
        brain=brain,
        visible=visible,
        core=core.astype(np.float32),
        ventricle=(shares[3] * near).astype(np.float32),
    )


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    found: NDArray[np.bool_] = ndimage.binary_fill_holes(pieces == sizes.argmax())
    return found


def _lesions(share: NDArray[np.floating]) -> NDArray[np.float32]:
    """The share without spots that are too small to follow."""
    pieces, count = ndimage.label(share > 0.5)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1) * VOXEL_ML
    sizes[0] = 0
    kept = ndimage.binary_dilation(np.isin(pieces, np.flatnonzero(sizes >= LEAST_LESION_ML)))
    out: NDArray[np.float32] = np.where(kept, share, 0).astype(np.float32)
    return out
