"""A head of ellipsoids as a label map: an anatomy that needs no file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.imaging.volume import Volume

# Nested shells from outside in: label and how far (mm) its surface lies below the skin.
_SHELLS = (
    (511, 0.0),  # skin
    (507, 2.5),  # soft tissue
    (515, 7.0),  # compact bone, spongy bone, compact bone: the skull's three layers
    (516, 9.0),
    (515, 12.0),
    (24, 14.0),  # cerebrospinal fluid
)
_HEAD_MM = (102.0, 98.0, 78.0)  # half axes (z, y, x)
# Organs: right label, left label, centre (z, y, x) and half axes in mm; x is that of the left one.
_ORGANS = (
    (41, 2, (4.0, 0.0, 0.0), (70.0, 72.0, 52.0)),
    (47, 8, (-48.0, 42.0, 22.0), (20.0, 24.0, 26.0)),
    (46, 7, (-48.0, 40.0, 20.0), (12.0, 14.0, 16.0)),
    (50, 11, (14.0, -22.0, 13.0), (11.0, 16.0, 5.0)),
    (51, 12, (4.0, -8.0, 26.0), (11.0, 18.0, 6.0)),
    (49, 10, (6.0, 14.0, 11.0), (10.0, 15.0, 8.0)),
    (53, 17, (-18.0, 14.0, 28.0), (7.0, 20.0, 6.0)),
    (43, 4, (24.0, 2.0, 10.0), (10.0, 32.0, 6.0)),
)
_MIDLINE = (
    (16, (-45.0, 14.0, 0.0), (45.0, 12.0, 12.0)),
    (14, (4.0, 8.0, 0.0), (11.0, 14.0, 2.5)),
    (15, (-44.0, 28.0, 0.0), (8.0, 6.0, 6.0)),
    (0, (-30.0, -82.0, 0.0), (14.0, 10.0, 20.0)),  # air of the sinuses
)
_EYES = (506, (-28.0, -76.0, 31.0), (12.0, 12.0, 12.0))


def ellipsoid_head(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Volume:
    """A head phantom of nested ellipsoids: skin, skull, fluid, brain with deep structures, eyes.

    Args:
        shape: voxels (z, y, x); the head's centre lies in their middle.
        spacing_mm: voxel size (z, y, x).

    Returns:
        uint16 label ids (FreeSurfer, SynthSeg outside the brain) along +LPS.
    """
    z, y, x = (
        (np.arange(size, dtype=np.float32) - (size - 1) / 2) * step
        for size, step in zip(shape, spacing_mm, strict=True)
    )
    at = (z[:, None, None], y[None, :, None], x[None, None, :])
    labels = np.zeros(shape, dtype=np.uint16)
    for label, depth in _SHELLS:
        labels[_ellipsoid(at, (0.0, 0.0, 0.0), _deeper(depth))] = label
    cortex = _ellipsoid(at, (0.0, 0.0, 0.0), _deeper(16.5)) & (at[0] > -62)
    left = np.broadcast_to(at[2] > 0, shape)
    # The hemispheres' fissure stays fluid.
    cortex &= np.broadcast_to((np.abs(at[2]) > 1.2) | (at[0] < 10), shape)
    labels[cortex & left], labels[cortex & ~left] = 3, 42
    for right_label, left_label, centre, axes in _ORGANS:
        for label, sign in ((left_label, 1.0), (right_label, -1.0)):
            organ = _ellipsoid(at, (centre[0], centre[1], sign * centre[2]), axes)
            labels[organ & cortex & (left if sign > 0 else ~left)] = label
    for label, centre, axes in _MIDLINE:
        labels[_ellipsoid(at, centre, axes)] = label
    eye, centre, axes = _EYES
    for sign in (1.0, -1.0):
        labels[_ellipsoid(at, (centre[0], centre[1], sign * centre[2]), axes)] = eye
    affine = np.diag([*spacing_mm[::-1], 1.0])
    affine[:3, 3] = (float(x[0]), float(y[0]), float(z[0]))
    return Volume(array=labels, affine=affine)


def _deeper(depth_mm: float) -> tuple[float, float, float]:
    z, y, x = _HEAD_MM
    return z - depth_mm, y - depth_mm, x - depth_mm


def _ellipsoid(
    at: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    centre: tuple[float, float, float],
    axes: tuple[float, float, float],
) -> NDArray[np.bool_]:
    z, y, x = (((a - c) / r) ** 2 for a, c, r in zip(at, centre, axes, strict=True))
    inside: NDArray[np.bool_] = z + y + x <= 1.0
    return inside
