"""What an image should be refused for, applied to an image that is fine.

Each function takes a volume in LPS axes and a seeded ``Draw`` and returns a new volume.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.simulate.corrupt import rician
from ml.simulate.draw import Draw

Shift = Callable[[Draw, Volume], Volume]


def _image(volume: Volume) -> NDArray[np.float32]:
    image = volume.array.astype(np.float32)
    low, high = float(image.min()), float(np.quantile(image, 0.98))
    scaled: NDArray[np.float32] = (image - low) / max(high - low, 1e-6)
    return scaled


def upside_down(_draw: Draw, volume: Volume) -> Volume:
    """Foot and head exchanged, the header unchanged."""
    return volume.like(np.ascontiguousarray(volume.array[::-1]))


def back_to_front(_draw: Draw, volume: Volume) -> Volume:
    """Front and back exchanged."""
    return volume.like(np.ascontiguousarray(volume.array[:, ::-1]))


def lying_axes(_draw: Draw, volume: Volume) -> Volume:
    """The axes exchanged: sagittal slices that the header calls axial."""
    turned = np.ascontiguousarray(volume.array.transpose(2, 0, 1))
    return Volume(array=turned, affine=volume.affine)


def wrong_spacing(draw: Draw, volume: Volume) -> Volume:
    """The header gives one axis, or all, another voxel size than they have."""
    factor = draw.uniform(1.5, 2.2)
    factor = factor if draw.chance(0.5) else 1 / factor
    axis = draw.integer(0, 4)
    affine = volume.affine.copy()
    affine[:3, slice(0, 3) if axis == 3 else slice(axis, axis + 1)] *= factor
    return Volume(array=volume.array, affine=affine)


def noise(draw: Draw, volume: Volume) -> Volume:
    """Rician noise of a fifth to two fifths of bright tissue."""
    image = torch.from_numpy(_image(volume))
    return volume.like(rician(draw, image, sd=draw.uniform(0.2, 0.4)).numpy())


def motion(draw: Draw, volume: Volume) -> Volume:
    """The head moved between groups of phase-encoding steps: ghosts along one axis."""
    image = _image(volume)
    axis = draw.integer(1, 3)
    size = image.shape[axis]
    spectrum = np.fft.fft(image, axis=axis)
    frequency = np.fft.fftfreq(size)
    poses = draw.uniforms(-6.0, 6.0, 8).numpy()
    moved = poses[(np.arange(size) * 8 // size) % 8][np.argsort(np.argsort(np.abs(frequency)))]
    shape = [1, 1, 1]
    shape[axis] = size
    phase = np.exp(-2j * np.pi * frequency * moved).reshape(shape)
    return volume.like(np.abs(np.fft.ifft(spectrum * phase, axis=axis)).astype(np.float32))


def metal(draw: Draw, volume: Volume) -> Volume:
    """The void and the bright rim around metal: a ball of 25 to 45 mm in the head."""
    image = _image(volume)
    bright = np.argwhere(image > 0.3)
    centre = bright[draw.integer(0, len(bright))]
    steps = np.indices(image.shape, dtype=np.float32)
    away = np.sqrt(
        sum(
            ((steps[axis] - centre[axis]) * volume.spacing[axis]) ** 2  # (z, y, x)
            for axis in range(3)
        )
    )
    radius = draw.uniform(25.0, 45.0)
    rim = np.exp(-(((away - radius) / 6.0) ** 2)) * draw.uniform(0.8, 1.6)
    changed: Any = np.where(away < radius, 0.02 * image, image + rim * (image > 0.1))
    return volume.like(changed.astype(np.float32))


def truncated(draw: Draw, volume: Volume) -> Volume:
    """A third to a half of the head is not in the picture: from the top, or from one side."""
    share = draw.uniform(0.35, 0.5)
    image, affine = volume.array, volume.affine.copy()
    if draw.chance(0.5):
        kept = image[: round(image.shape[0] * (1 - share))]
    else:
        kept = image[:, :, : round(image.shape[2] * (1 - share))]
    return Volume(array=np.ascontiguousarray(kept), affine=affine)


SHIFTS: dict[str, Shift] = {
    "upside down": upside_down,
    "back to front": back_to_front,
    "axes exchanged": lying_axes,
    "wrong spacing in the header": wrong_spacing,
    "noise": noise,
    "motion": motion,
    "metal": metal,
    "truncation": truncated,
}
