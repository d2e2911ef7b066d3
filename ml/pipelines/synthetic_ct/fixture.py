"""A phantom limb: fat, muscle and a hollow bone, as a T1-weighted MR and as the matching CT."""

from __future__ import annotations

import numpy as np

from ml.imaging.volume import Volume

# HU and T1 brightness of air, fat, muscle, cortex and marrow.
_HU = np.array([-1000.0, -100.0, 50.0, 1200.0, -60.0])
_T1 = np.array([8.0, 1000.0, 320.0, 40.0, 950.0])


def limb(
    shape: tuple[int, int, int] = (20, 128, 120), *, seed: int = 0, noise: float = 12.0
) -> tuple[Volume, Volume]:
    """MR (int16) and CT (HU, int16) of one limb, (z, y, x) at 3.27 x 0.977 x 0.977 mm, LPS."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    middle_y, middle_x = shape[1] / 2, shape[2] / 2
    radius = np.hypot((y - middle_y) / 1.1, x - middle_x) * (1 + 0.004 * z)
    bone = np.hypot(y - middle_y + 6, x - middle_x - 4)
    tissue = np.zeros(shape, dtype=np.intp)
    tissue[radius < 50] = 1
    tissue[radius < 40] = 2
    tissue[bone < 13] = 3
    tissue[bone < 8] = 4
    draw = np.random.default_rng(seed)
    mr = _T1[tissue] + noise * draw.standard_normal(shape)
    ct = _HU[tissue] + 2 * noise * draw.standard_normal(shape)
    affine = np.diag([0.977, 0.977, 3.27, 1.0])
    affine[:3, 3] = (-60.0, -62.0, -30.0)
    return (
        Volume(array=np.clip(mr, 0, 4000).astype(np.int16), affine=affine),
        Volume(array=np.clip(ct, -1024, 3071).astype(np.int16), affine=affine),
    )
