"""What an image should be held back for, applied to an image that is fine, in grades.

Each function takes a volume on any grid and a seeded ``Draw`` and returns a new volume; lengths
are in mm and noise is at the voxels of the image, so the grades mean the same for simulated and
real heads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.imaging.volume import Volume
from ml.simulate import corrupt
from ml.simulate.draw import Draw

Change = Callable[[Draw, Volume], Volume]


def scaled(volume: Volume) -> Tensor:
    """The image with its darkest value at 0 and bright tissue at 1, float32 (z, y, x)."""
    image: NDArray[np.float32] = volume.array.astype(np.float32)
    low, high = float(image.min()), float(np.quantile(image, 0.98))
    return torch.from_numpy((image - low) / max(high - low, 1e-6))


def _body_axis(volume: Volume, body: int) -> int:
    """The array's axis closest to a body axis: 0 foot-head, 1 front-back, 2 right-left."""
    return 2 - int(np.abs(volume.affine[2 - body, :3] / np.array(volume.spacing[::-1])).argmax())


def flipped(body: int, _draw: Draw, volume: Volume) -> Volume:
    """One body axis the other way round, the header unchanged."""
    turned = np.flip(volume.array, axis=_body_axis(volume, body))
    return volume.like(np.ascontiguousarray(turned))


def axes_exchanged(draw: Draw, volume: Volume) -> Volume:
    """Sagittal or coronal slices that the header calls axial: each step goes with its axis."""
    orders = [order for order in permutations(range(3)) if order != (0, 1, 2)]
    order = orders[draw.integer(0, len(orders))]
    directions = volume.affine[:3, :3] / np.array(volume.spacing[::-1])
    affine = volume.affine.copy()
    steps = [volume.spacing[axis] for axis in order]
    affine[:3, :3] = directions * np.array(steps[::-1])
    return Volume(array=np.ascontiguousarray(volume.array.transpose(order)), affine=affine)


def wrong_spacing(factor: float, draw: Draw, volume: Volume) -> Volume:
    """The header gives one axis, or all, voxels too large or too small by ``factor``."""
    value = factor if draw.chance(0.5) else 1 / factor
    axis = draw.integer(0, 4)
    affine = volume.affine.copy()
    affine[:3, slice(0, 3) if axis == 3 else slice(axis, axis + 1)] *= value
    return Volume(array=volume.array, affine=affine)


def noise(sd: float, draw: Draw, volume: Volume) -> Volume:
    """Rician noise of ``sd`` of bright tissue."""
    image = scaled(volume)
    return volume.like(_blanked(draw, image, corrupt.rician(draw, image, sd=sd)).numpy())


def _blanked(draw: Draw, before: Tensor, after: Tensor) -> Tensor:
    """Where air was cut out of an image (a skull-stripped one), it is cut out of a faulty one as
    well, half of the time: the fault comes before the cutting."""
    blank = before <= 0
    hidden = float(blank.float().mean()) > 0.1 and draw.chance(0.5)
    return torch.where(blank, torch.zeros_like(after), after) if hidden else after


def motion(amount_mm: float, draw: Draw, volume: Volume) -> Volume:
    """A restless head: jumps of up to ``amount_mm``, phase encoding along an axis in the slices."""
    axes = [axis for axis in range(3) if volume.spacing[axis] < 1.2 * min(volume.spacing)]
    image = scaled(volume)
    moved = corrupt.moved_head(
        draw,
        image,
        volume.spacing,
        axis=axes[draw.integer(0, len(axes))],
        amount_mm=amount_mm,
        interleaved=draw.chance(0.5),
        groups=(8, 25),
    )
    return volume.like(_blanked(draw, image, moved).numpy())


def metal(radius_mm: float, draw: Draw, volume: Volume) -> Volume:
    """A metal ball within the head, displacing signal by about its size."""
    image = scaled(volume)
    places = torch.nonzero(image > 0.3)
    z, y, x = (int(value) for value in places[draw.integer(0, len(places))])
    # Far away the field does nothing; the box is there for speed.
    box, middle = [], []
    for place, step, size in zip((z, y, x), volume.spacing, volume.shape, strict=True):
        far = math.ceil(6 * radius_mm / step)
        box.append(slice(max(0, place - far), min(size, place + far + 1)))
        middle.append(place - max(0, place - far))
    part = tuple(box)
    image[part] = corrupt.metal(
        image[part],
        volume.spacing,
        centre=(middle[0], middle[1], middle[2]),
        radius_mm=radius_mm,
        shift_mm=radius_mm * draw.uniform(0.7, 1.5),
        readout=draw.integer(1, 3),
    )
    return volume.like(image.numpy())


def truncated(share: float, draw: Draw, volume: Volume) -> Volume:
    """A share of the head is not in the picture: its top, or one side, or its front or back."""
    image = scaled(volume).numpy()
    way = draw.integer(0, 3)
    axis = _body_axis(volume, way)
    signal = np.flatnonzero((image > 0.3).sum(axis=tuple(a for a in range(3) if a != axis)) > 20)
    first, last = (int(signal[0]), int(signal[-1])) if signal.size else (0, image.shape[axis] - 1)
    cut = round(share * (last - first))
    # Array and body may run against each other; what is cut off at z is always the top.
    ascending = volume.affine[2 - way, 2 - axis] > 0
    at_end = ascending if way == 0 else draw.chance(0.5)
    kept = slice(0, last - cut + 1) if at_end else slice(first + cut, None)
    index = tuple(kept if a == axis else slice(None) for a in range(3))
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 2 - axis] * (kept.start or 0)
    return Volume(array=np.ascontiguousarray(volume.array[index]), affine=affine)


@dataclass(frozen=True, slots=True)
class Shift:
    """``kind``: the fault. ``grade``: how strong, in words with a number. ``tolerable``: usable
    images look like this, and should pass."""

    kind: str
    grade: str
    change: Change
    tolerable: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind} {self.grade}"


def _graded(
    kind: str, change: Callable[[float, Draw, Volume], Volume], grades: dict[float, str],
    tolerable: tuple[float, ...] = (),
) -> list[Shift]:  # fmt: skip
    return [
        Shift(kind, words, partial(change, value), value in tolerable)
        for value, words in grades.items()
    ]


SHIFTS: tuple[Shift, ...] = (
    Shift("upside down", "", partial(flipped, 0)),
    Shift("back to front", "", partial(flipped, 1)),
    Shift("axes exchanged", "", axes_exchanged),
    *_graded(
        "wrong spacing",
        wrong_spacing,
        {1.15: "factor 1.15", 1.3: "factor 1.3", 1.5: "factor 1.5", 2.0: "factor 2"},
    ),
    *_graded(
        "noise",
        noise,
        {0.05: "SNR 20", 0.1: "SNR 10", 0.2: "SNR 5", 0.35: "SNR 3"},
        tolerable=(0.05,),
    ),
    *_graded("motion", motion, {1.0: "1 mm", 3.0: "3 mm", 6.0: "6 mm"}),
    *_graded("metal", metal, {4.0: "ball of 8 mm", 10.0: "ball of 20 mm", 20.0: "ball of 40 mm"}),
    *_graded("truncation", truncated, {0.1: "10 %", 0.25: "25 %", 0.4: "40 %"}),
)
