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
# How far (in in-plane pixels) a slice may lie off the straight line from the first to the last.
LINE_TOLERANCE_PIXELS = 0.5


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
    sideways (gantry tilt). mixed: several orientations, sizes, two slices at one place,
    or slices that do not lie in one line. none: no slice has a usable place.
    """
    if not slices:
        return _unsorted("none", slices, "The series has no positioned slices.")
    if not all(_finite(plane) for plane in slices):
        return _unsorted("none", slices, "A position, orientation or spacing is not a number.")
    if any(not _parallel(plane, slices[0]) for plane in slices):
        return _unsorted("mixed", slices, "The slices have different orientations.")
    if any(not _same_size(plane, slices[0]) for plane in slices):
        return _unsorted("mixed", slices, "The slices have different sizes.")
    return _sorted(slices)


def _unsorted(kind: GeometryKind, slices: Sequence[SlicePlane], reason: str) -> SeriesGeometry:
    order = tuple(range(len(slices)))
    return SeriesGeometry(kind=kind, order=order, spacing=None, normal=None, reason=reason)


def _sorted(slices: Sequence[SlicePlane]) -> SeriesGeometry:
    """The kind of at least one slice, all alike in orientation and size."""
    first = slices[0]
    normal = cross(first.row_direction, first.column_direction)
    depth = [_dot(plane.position, normal) for plane in slices]
    order = tuple(sorted(range(len(slices)), key=depth.__getitem__))
    steps = [depth[b] - depth[a] for a, b in itertools.pairwise(order)]
    middle = sorted(steps)[len(steps) // 2] if steps else 0.0
    kind, reason = _stacking([slices[index] for index in order], steps, middle, normal)
    return SeriesGeometry(
        kind=kind,
        order=order,
        spacing=(middle, first.row_spacing, first.column_spacing),
        normal=normal,
        reason=reason,
    )


def _stacking(
    ordered: Sequence[SlicePlane], steps: Sequence[float], middle: float, normal: Vector
) -> tuple[GeometryKind, str]:
    if not steps:
        return "single", "The series has one slice."
    if min(steps) <= max(1e-4, middle * SPACING_TOLERANCE):
        return "mixed", "Several slices share one position."
    in_plane = min(ordered[0].row_spacing, ordered[0].column_spacing)
    if _off_line(ordered) > LINE_TOLERANCE_PIXELS * in_plane:
        return "mixed", "The slices do not lie one above the other."
    gaps = sum(abs(step - middle) > max(0.01, middle * SPACING_TOLERANCE) for step in steps)
    tilt = _tilt_degrees(ordered, normal)
    if tilt > TILT_TOLERANCE_DEGREES:
        uneven = f" and {gaps} of {len(steps)} gaps between slices are uneven" if gaps else ""
        return "tilted", f"The slices are sheared by {tilt:.1f}° (gantry tilt){uneven}."
    if gaps:
        return "gapped", f"{gaps} of {len(steps)} gaps between slices are uneven."
    return "regular", ""


def _finite(plane: SlicePlane) -> bool:
    numbers = (*plane.position, *plane.row_direction, *plane.column_direction)
    spacings = (plane.row_spacing, plane.column_spacing)
    return all(map(math.isfinite, (*numbers, *spacings))) and min(spacings) > 0


def _parallel(plane: SlicePlane, other: SlicePlane) -> bool:
    return _same(plane.row_direction, other.row_direction, ORIENTATION_TOLERANCE) and _same(
        plane.column_direction, other.column_direction, ORIENTATION_TOLERANCE
    )


def _same_size(plane: SlicePlane, other: SlicePlane) -> bool:
    return (plane.rows, plane.columns) == (other.rows, other.columns) and _same(
        (plane.row_spacing, plane.column_spacing), (other.row_spacing, other.column_spacing), 1e-3
    )


def _off_line(ordered: Sequence[SlicePlane]) -> float:
    """Largest distance in mm of a slice's position from the line from the first to the last."""
    start = ordered[0].position
    travel = _minus(ordered[-1].position, start)
    length = math.sqrt(_dot(travel, travel))
    direction = (travel[0] / length, travel[1] / length, travel[2] / length)
    offsets = (cross(_minus(plane.position, start), direction) for plane in ordered)
    return max(math.sqrt(_dot(offset, offset)) for offset in offsets)


def _tilt_degrees(ordered: Sequence[SlicePlane], normal: Vector) -> float:
    """Angle between the normal of the slices and the way from the first to the last."""
    travel = _minus(ordered[-1].position, ordered[0].position)
    along = _dot(travel, normal)
    sideways = math.sqrt(max(0.0, _dot(travel, travel) - along * along))
    return math.degrees(math.atan2(sideways, along))


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]
