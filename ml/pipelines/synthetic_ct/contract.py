"""What of an MR speaks against making a CT from it, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.contracts.errors import InputRefused
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.config import Site

HEAD_PARTS = {"HEAD", "BRAIN", "SKULL"}
# No bone of the limbs is solid cortex this thick: such a void is metal or air.
VOID_RADIUS_MM = 12.0
DARK = 0.06
CUT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Flag:
    code: str
    text: str


def refuse_ct(volume: Volume) -> None:
    """A CT that says it is MR, or says nothing.

    Raises:
        InputRefused: the values are those of a CT.
    """
    array = volume.array
    air = float((array <= -900).mean())
    if array.min() <= -900 and air > 0.05:
        raise InputRefused(
            "The values are CT numbers (air at −1000): this is a CT, or was made from one. A "
            "synthetic CT is made from an MR."
        )


def site_of(volume: Volume, wanted: str) -> Site:
    """The network that fits: as asked, by the body part of the series, else by shape: a head is
    about as wide as it is high and deep, a limb is scanned in a smaller view."""
    if wanted == "head":
        return "head"
    if wanted == "extremity":
        return "extremity"
    part = volume.source.body_part if volume.source else ""
    if part:
        return "head" if part in HEAD_PARTS else "extremity"
    extent = [n * step for n, step in zip(volume.shape, volume.spacing, strict=True)]
    thinnest = min(volume.spacing)
    return "head" if min(extent) > 140 and max(volume.spacing) < 2.5 * thinnest else "extremity"


def flags_of(
    scaled: NDArray[np.float32], body: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> Iterator[Flag]:
    """Warnings: a body that is cut off, and voids as metal leaves them. ``scaled`` is the
    normalised MR, (z, y, x) as ``body``; ``spacing`` in mm."""
    cut = cut_off(body)
    if cut > CUT_SHARE:
        yield Flag(
            "body_cut_off",
            f"The body is cut off at the edge of the image ({cut:.0%} of its outline). Beams "
            "through that edge meet less tissue than there is.",
        )
    radius = void_radius(scaled, body, spacing)
    if radius > VOID_RADIUS_MM:
        yield Flag(
            "void",
            f"There is a void of {2 * radius:.0f} mm inside the body, as metal or gas leaves it. "
            "The synthetic CT shows bone or tissue there instead.",
        )


def cut_off(body: NDArray[np.bool_]) -> float:
    """Share of the outline of the body, slice by slice, that lies on the edge of the image."""
    inner = np.zeros_like(body)
    for index, plane in enumerate(body):
        inner[index] = ndimage.binary_erosion(plane)
    outline = body & ~inner
    edge = np.zeros_like(body)
    edge[:, [0, -1], :] = edge[:, :, [0, -1]] = True
    return float((outline & edge).sum() / max(1, outline.sum()))


def void_radius(
    scaled: NDArray[np.float32], body: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> float:
    """Radius in mm of the largest dark disk inside the body in a transverse slice."""
    dark = body & (scaled < DARK)
    largest = 0.0
    for plane in dark:
        if plane.any():
            padded = np.pad(plane, 1)
            distance = ndimage.distance_transform_edt(padded, sampling=spacing[1:])
            largest = max(largest, float(distance.max()))
    return largest
