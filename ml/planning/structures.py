"""Structures of a plan: given regions, and what is derived from them and from the image."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.body import body_of_ct
from ml.imaging.volume import Volume

Role = Literal["target", "organ", "external", "support"]

BONE_HU = 250.0
# Smaller specks of dense voxels are contrast agent, calcifications and noise.
SMALLEST_BONE_ML = 0.5
COLOURS: dict[str, tuple[int, int, int]] = {
    "GTV": (220, 40, 40),
    "PTV": (255, 140, 0),
    "BODY": (60, 180, 75),
    "BONE": (205, 170, 90),
}
_TARGET_NAMES = ("gtv", "ctv", "ptv")
_BODY_NAME = re.compile(r"^(body|external|skin|outline|contour)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """One structure on the image's own grid: ``mask`` (z, y, x) bool.

    ``truncated``: part of it lies beyond the image, or it is cut by the image's edge.
    """

    name: str
    role: Role
    mask: NDArray[np.bool_]
    colour: tuple[int, int, int]
    truncated: bool = False


def looks_like_target(name: str) -> bool:
    """Whether a region's name is that of a target: GTV…, CTV…, PTV…."""
    return name.strip().casefold().startswith(_TARGET_NAMES)


def looks_like_body(name: str, interpreted_type: str = "") -> bool:
    """Whether a region is the patient's outline, by its RT type or its name."""
    return interpreted_type == "EXTERNAL" or bool(_BODY_NAME.match(name.strip()))


def guess_target(names: list[str]) -> str | None:
    """The name that is most likely the target to plan on: GTV before CTV before PTV, the first of
    several; None where none is like one."""
    for prefix in _TARGET_NAMES:
        for name in names:
            if name.strip().casefold().startswith(prefix):
                return name
    return None


def margin(
    mask: NDArray[np.bool_], spacing: tuple[float, float, float], millimetres: float
) -> NDArray[np.bool_]:
    """``mask`` (z, y, x) grown by ``millimetres`` in all directions: every voxel whose centre lies
    that near to the centre of a voxel of the mask. ``spacing`` (z, y, x) in mm."""
    found = np.argwhere(mask)
    if not len(found) or millimetres <= 0:
        return mask.copy()
    reach = np.ceil(millimetres / np.array(spacing)).astype(int) + 1
    low = np.maximum(found.min(axis=0) - reach, 0)
    high = np.minimum(found.max(axis=0) + reach + 1, mask.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    grown = np.zeros_like(mask)
    distance = ndimage.distance_transform_edt(~mask[box], sampling=spacing)
    grown[box] = distance <= millimetres
    return grown


def edge_share(mask: NDArray[np.bool_]) -> float:
    """Percent of the outline of ``mask`` (z, y, x), slice by slice, that lies on the left, right,
    front or back face of the image: where the body goes on beyond the field of view."""
    outline = mask & ~ndimage.binary_erosion(
        mask, structure=np.ones((1, 3, 3), dtype=np.bool_), border_value=0
    )
    total = int(outline.sum())
    if not total:
        return 0.0
    edge = np.zeros_like(mask)
    edge[:, [0, -1], :] = True
    edge[:, :, [0, -1]] = True
    return 100.0 * float((outline & edge).sum()) / total


def body(image: Volume) -> Structure:
    """The patient's outline on a CT, without the couch."""
    mask = body_of_ct(image)
    return external("BODY", mask)


def external(name: str, mask: NDArray[np.bool_]) -> Structure:
    """An outline with its role, and whether the field of view cuts it."""
    return Structure(
        name=name,
        role="external",
        mask=mask,
        colour=COLOURS["BODY"],
        truncated=edge_share(mask) > 1.0,
    )


def planning_target(
    target: Structure, outline: Structure, spacing: tuple[float, float, float], millimetres: float
) -> Structure:
    """PTV: the target and a margin, within the body."""
    grown = margin(target.mask, spacing, millimetres) & outline.mask
    return replace(target, name="PTV", mask=grown, colour=COLOURS["PTV"])


def bone(image: Volume, outline: Structure) -> Structure | None:
    """Bone: what is denser than ``BONE_HU`` within the body, specks left out; None without any."""
    dense = (image.array > BONE_HU) & outline.mask
    pieces, count = ndimage.label(dense)
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept = np.isin(pieces, np.flatnonzero(sizes * image.voxel_ml >= SMALLEST_BONE_ML))
    if not kept.any():
        return None
    return Structure(name="BONE", role="organ", mask=kept, colour=COLOURS["BONE"])
