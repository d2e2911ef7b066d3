"""How the slices of a series lie in space (standard library only: intake and readers share it).

Coordinates are LPS in mm, as DICOM gives them (PS3.3 C.7.6.2).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ml.contracts.manifest import GeometryKind

Vector = tuple[float, float, float]

# Scanners round positions to a few decimals; half a percent of the spacing is invisible.
SPACING_TOLERANCE = 0.01
ORIENTATION_TOLERANCE = 1e-3
# A stack whose slices slide sideways by more than this is sheared: a tilted gantry.
TILT_TOLERANCE_DEGREES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePlane:
    """One slice: position of its first voxel, row and column direction, size and pixel spacing."""

    position: Vector
    row_direction: Vector
    column_direction: Vector
    rows: int
    columns: int
    row_spacing: float
    column_spacing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesGeometry:
    """``order`` sorts the given slices along ``normal``; ``spacing`` is (z, y, x) in mm, where z
    is the median distance between slices; ``reason`` says why a kind is not regular."""

    kind: GeometryKind
    order: tuple[int, ...]
    spacing: Vector | None
    normal: Vector | None
    reason: str = ""


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _same(a: Sequence[float], b: Sequence[float], tolerance: float) -> bool:
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def classify(slices: Sequence[SlicePlane]) -> SeriesGeometry:
    """Say what kind of stack ``slices`` (in any order) form, and sort them.

    regular: one grid with one spacing. gapped: uneven or missing slices. tilted: slices shifted
    sideways (gantry tilt). mixed: several orientations, sizes, or two slices at one place.
    """
    count = len(slices)
    identity = tuple(range(count))
    if count == 0:
        return SeriesGeometry(
            kind="none",
            order=(),
            spacing=None,
            normal=None,
            reason="The series has no positioned slices.",
        )
    first = slices[0]
    normal = cross(first.row_direction, first.column_direction)
    in_plane = (first.row_spacing, first.column_spacing)
    if count == 1:
        return SeriesGeometry(
            kind="single",
            order=identity,
            spacing=(0.0, *in_plane),
            normal=normal,
            reason="The series has one slice.",
        )
    for plane in slices[1:]:
        if not (
            _same(plane.row_direction, first.row_direction, ORIENTATION_TOLERANCE)
            and _same(plane.column_direction, first.column_direction, ORIENTATION_TOLERANCE)
        ):
            return SeriesGeometry(
                kind="mixed",
                order=identity,
                spacing=None,
                normal=None,
                reason="The slices have different orientations.",
            )
        if (plane.rows, plane.columns) != (first.rows, first.columns) or not _same(
            (plane.row_spacing, plane.column_spacing), in_plane, 1e-3
        ):
            return SeriesGeometry(
                kind="mixed",
                order=identity,
                spacing=None,
                normal=normal,
                reason="The slices have different sizes.",
            )
    depth = [_dot(plane.position, normal) for plane in slices]
    order = tuple(sorted(identity, key=depth.__getitem__))
    steps = [depth[b] - depth[a] for a, b in itertools.pairwise(order)]
    middle = sorted(steps)[len(steps) // 2]
    spacing = (middle, *in_plane)
    if min(steps) <= max(1e-4, middle * SPACING_TOLERANCE):
        return SeriesGeometry(
            kind="mixed",
            order=order,
            spacing=spacing,
            normal=normal,
            reason="Several slices share one position.",
        )
    gaps = sum(abs(step - middle) > max(0.01, middle * SPACING_TOLERANCE) for step in steps)
    start, end = slices[order[0]].position, slices[order[-1]].position
    travel = tuple(e - s for s, e in zip(start, end, strict=True))
    along = _dot(travel, normal)
    sideways = math.sqrt(max(0.0, _dot(travel, travel) - along * along))
    tilt = math.degrees(math.atan2(sideways, along))
    if tilt > TILT_TOLERANCE_DEGREES:
        uneven = f" and {gaps} of {len(steps)} gaps between slices are uneven" if gaps else ""
        return SeriesGeometry(
            kind="tilted",
            order=order,
            spacing=spacing,
            normal=normal,
            reason=f"The slices are sheared by {tilt:.1f}° (gantry tilt){uneven}.",
        )
    if gaps:
        return SeriesGeometry(
            kind="gapped",
            order=order,
            spacing=spacing,
            normal=normal,
            reason=f"{gaps} of {len(steps)} gaps between slices are uneven.",
        )
    return SeriesGeometry(kind="regular", order=order, spacing=spacing, normal=normal)
