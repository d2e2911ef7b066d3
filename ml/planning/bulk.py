"""An independent CT of few densities, to see what the details of a synthetic CT do to the dose.

Densities per class after ICRU Report 46 and the bulk-density literature (Korsholm 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from ml.imaging.volume import Volume

AIR, FAT, WATER, SOFT, BONE = -1000.0, -100.0, 0.0, 40.0, 700.0
# On T1 muscle is even, and bone darker than its darkest hundredth.
BONE_SHARE_OF_MUSCLE = 0.75
# Borders between the classes of a CT, in HU.
AIR_BELOW, FAT_BELOW, BONE_ABOVE = -300.0, -30.0, 250.0


def from_ct(image: Volume, body: NDArray[np.bool_]) -> Volume:
    """Air, fat, soft tissue and bone by the HU of ``image``, each with one density; air outside
    ``body`` (z, y, x).

    Returns:
        A float32 volume in HU on the grid of ``image``.
    """
    hu = image.array
    classes = np.select(
        [hu < AIR_BELOW, hu < FAT_BELOW, hu > BONE_ABOVE], [AIR, FAT, BONE], default=SOFT
    )
    return image.like(np.where(body, classes, AIR).astype(np.float32))


def from_mr(mr: Volume, body: NDArray[np.bool_]) -> Volume:
    """Classes that no synthesis had a part in: bright (fat and marrow), middle (soft tissue) and
    dark (bone; air where the dark is wide) of a T1-weighted MR, by Otsu's thresholds.

    Args:
        mr: any scale, resampled to the planning grid. body: mask (z, y, x) on the same grid.

    Returns:
        A float32 volume in HU on the grid of ``mr``; water where the MR does not reach.

    Raises:
        ValueError: the MR has no contrast within the body.
    """
    smooth = ndimage.gaussian_filter(mr.array.astype(np.float32), 0.4)
    # Exactly zero is beyond the MR's faces; noise never is.
    known = body & (mr.array > 0)
    values = smooth[known]
    if values.size < 100 or float(np.ptp(values)) == 0:
        raise ValueError("the MR shows no tissue within the body")
    clipped = np.clip(values, *np.percentile(values, [1, 99]))
    grey, bright = threshold_multiotsu(clipped, classes=3)
    parts = (values[values < grey], values[(values >= grey) & (values < bright)])
    dark = BONE_SHARE_OF_MUSCLE * float(np.median(max(parts, key=len)))
    classes = np.select([smooth < dark, smooth > bright], [BONE, FAT], default=SOFT)
    # Skin and partial volume are dark too, and are no bone.
    inner = ndimage.binary_erosion(body, iterations=3)
    classes[(classes == BONE) & ~inner] = SOFT
    classes = np.where(known, classes, WATER)
    return mr.like(np.where(body, classes, AIR).astype(np.float32))
