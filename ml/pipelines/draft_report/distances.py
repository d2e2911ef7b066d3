"""Widths and distances, measured on labels at 1 mm whose axes run along the body.

All arrays are label maps (z, y, x) of FreeSurfer ids, 1 mm, z to the head, y to the back, x to the
left (``ml.imaging.resample.canonical``), so one voxel is one millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.pipelines.draft_report.regions import INTRACRANIAL

Labels = NDArray[np.integer]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A length in mm (or a ratio of lengths) and the voxel (z, y, x) where it was taken."""

    value: float
    at: tuple[int, int, int]


def _extent(mask: Mask, axis: int) -> NDArray[np.int64]:
    """Distance between the outermost voxels along ``axis``, both included; 0 where none."""
    any_there = mask.any(axis=axis)
    first = mask.argmax(axis=axis)
    last = mask.shape[axis] - 1 - np.flip(mask, axis=axis).argmax(axis=axis)
    extent: NDArray[np.int64] = np.where(any_there, last - first + 1, 0)
    return extent


def third_ventricle_width(labels: Labels) -> Distance | None:
    """Greatest left-right width of the third ventricle in mm; None where there is none."""
    mask = np.isin(labels, 14)
    if not mask.any():
        return None
    widths = _extent(mask, axis=2)
    z, y = divmod(int(widths.argmax()), widths.shape[1])
    x = int(np.flatnonzero(mask[z, y]).mean())
    return Distance(value=float(widths[z, y]), at=(z, y, x))


def evans_index(labels: Labels) -> Distance | None:
    """Greatest width of the frontal horns over the inner width of the skull on the same slice.

    Evans, Arch Neurol Psychiatry 1942;47:931. Frontal horns: the lateral ventricles in front of
    the thalami. The inner skull is the outline of what lies inside it.

    Returns:
        The ratio at the slice of the widest frontal horns, None where parts are missing.
    """
    thalami = np.isin(labels, (10, 49))
    if not thalami.any():
        return None
    front = int(np.flatnonzero(thalami.any(axis=(0, 2)))[0])
    horns = np.isin(labels[:, :front], (4, 43))
    if not horns.any():
        return None
    # Across the horns of both sides, wherever along y each is widest.
    silhouette: Mask = np.asarray(horns.any(axis=1))
    widths = _extent(silhouette, axis=1)
    z = int(widths.argmax())
    inner = _extent(np.isin(labels[z], INTRACRANIAL), axis=1)
    y, x = np.argwhere(horns[z]).mean(axis=0).round().astype(int)
    return Distance(value=float(widths[z] / inner.max()), at=(z, int(y), int(x)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MidlineShift:
    """``value`` mm of the third ventricle off the midline, positive to the left (+x)."""

    value: float
    at: tuple[int, int, int]


def midline_shift(labels: Labels) -> MidlineShift | None:
    """How far the third ventricle lies off the plane of symmetry of the skull's inside.

    On each axial slice through the third ventricle the midline runs from the middle of the
    intracranial outline's front quarter to that of its back quarter; the shift is the distance of
    the ventricle's centre from that line, and the slices' median is taken.

    Returns:
        None where there is no third ventricle.
    """
    ventricle = np.isin(labels, 14)
    slices = np.flatnonzero(ventricle.any(axis=(1, 2)))
    shifts: list[float] = []
    for z in slices:
        inside = np.isin(labels[z], INTRACRANIAL)
        rows = np.flatnonzero(inside.any(axis=1))
        first = inside.argmax(axis=1)[rows]
        last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)[rows]
        middle = (first + last) / 2
        quarter = max(1, len(rows) // 4)
        front, back = slice(0, quarter), slice(-quarter, None)
        slope = (middle[back].mean() - middle[front].mean()) / max(
            1.0, rows[back].mean() - rows[front].mean()
        )
        y, x = np.argwhere(ventricle[z]).mean(axis=0)
        on_line = middle[front].mean() + slope * (y - rows[front].mean())
        shifts.append(float((x - on_line) / np.hypot(1.0, slope)))
    if not shifts:
        return None
    middle_slice = int(slices[len(slices) // 2])
    y, x = np.argwhere(ventricle[middle_slice]).mean(axis=0).round().astype(int)
    return MidlineShift(value=float(np.median(shifts)), at=(middle_slice, int(y), int(x)))
