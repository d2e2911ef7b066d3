"""How the frames of a series lie in space, and the grid that a client draws them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from apps.studies import tags as t
from apps.studies.frames import FRAMES_MAX, Frame, frame_count, frames_of
from apps.studies.tags import Tags
from ml.contracts.geometry import SeriesGeometry, SlicePlane, classify, cross

# (bits allocated, signed) -> how the voxels travel. Others travel as float32.
DTYPES = {
    (8, False): "uint8",
    (16, False): "uint16",
    (16, True): "int16",
}
BYTES = {"uint8": 1, "uint16": 2, "int16": 2, "float32": 4}
_NO_NUMBER = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The rows of ``SeriesLayout`` and what the series says of its geometry."""

    kind: str
    spacing: tuple[float, float, float] | None
    slices: int
    reason: str
    frames: int
    instances: list[dict[str, Any]]
    grid: dict[str, Any] | None
    planes: list[list[int]]


def layout_of(instances: dict[str, Tags], *, is_image: bool) -> Layout:
    """``instances`` are all instances of the series, by Orthanc's id."""
    by_number = sorted(instances, key=lambda oid: _number_order(instances[oid]))
    count = sum(frame_count(tags) for tags in instances.values())
    if not is_image:
        return _without_grid("The series holds no image planes.", by_number, instances, count)
    if count > FRAMES_MAX:
        return _without_grid("It claims more slices than any scan.", by_number, instances, count)
    frames = [frame for oid in by_number for frame in frames_of(oid, instances[oid])]
    placed = [frame for frame in frames if frame.plane is not None]
    geometry = classify([frame.plane for frame in placed if frame.plane is not None])
    if 0 < len(placed) < len(frames):
        return _without_grid("Some slices have no position.", by_number, instances, count)
    if not placed:
        return _without_grid(geometry.reason, by_number, instances, count)
    kind, reason = _with_pixels(geometry, placed)
    ordered = [placed[i] for i in geometry.order] if geometry.spacing else placed
    order = list(dict.fromkeys(frame.instance for frame in ordered))
    return Layout(
        kind=kind,
        spacing=_rounded(geometry.spacing),
        slices=len(ordered),
        reason=reason,
        frames=len(frames),
        instances=[_instance(oid, instances[oid]) for oid in order],
        grid=_grid(geometry, ordered) if kind in ("regular", "single") else None,
        planes=_planes(order, ordered),
    )


def _rounded(spacing: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
    """A millionth of a millimetre is what adding up positions leaves, not what a scanner set."""
    if spacing is None:
        return None
    return (round(spacing[0], 6), round(spacing[1], 6), round(spacing[2], 6))


def _number_order(tags: Tags) -> tuple[int, str]:
    number = t.integer(tags, "InstanceNumber")
    return (_NO_NUMBER if number is None else number, t.text(tags, "SOPInstanceUID"))


def _planes(order: list[str], frames: list[Frame]) -> list[list[int]]:
    at = {oid: index for index, oid in enumerate(order)}
    return [[at[frame.instance], frame.index] for frame in frames]


def _without_grid(reason: str, order: list[str], instances: dict[str, Tags], frames: int) -> Layout:
    return Layout(
        kind="none",
        spacing=None,
        slices=0,
        reason=reason,
        frames=frames,
        instances=[_instance(oid, instances[oid]) for oid in order],
        grid=None,
        planes=[],
    )


def _instance(oid: str, tags: Tags) -> dict[str, Any]:
    return {
        "sop": t.text(tags, "SOPInstanceUID"),
        "orthanc": oid,
        "number": t.integer(tags, "InstanceNumber"),
        "position": t.numbers(tags, "ImagePositionPatient", 3),
        "frames": frame_count(tags),
    }


def _with_pixels(geometry: SeriesGeometry, frames: list[Frame]) -> tuple[str, str]:
    """A grid also needs one kind of pixel, and one grey value in each."""
    formats = {frame.pixels for frame in frames}
    if geometry.kind in ("regular", "single"):
        if len(formats) > 1:
            return "mixed", "The slices have different pixel formats."
        if next(iter(formats)).samples != 1:
            return "mixed", "The series is in colour."
    return geometry.kind, geometry.reason


def _grid(geometry: SeriesGeometry, frames: list[Frame]) -> dict[str, Any]:
    first = frames[0]
    plane, middle = cast("SlicePlane", first.plane), frames[len(frames) // 2]
    step = round(cast("tuple[float, float, float]", geometry.spacing)[0], 6)
    scales = {(frame.slope, frame.intercept) for frame in frames}
    dtype = DTYPES.get((first.pixels.bits, first.pixels.signed), "float32")
    window = {"center": middle.window[0], "width": middle.window[1]} if middle.window else None
    one_scale = len(scales) == 1
    if not one_scale:
        dtype = "float32"
    normal = cross(plane.row_direction, plane.column_direction)
    size = plane.columns * plane.rows * len(frames)
    return {
        "dimensions": [plane.columns, plane.rows, len(frames)],
        "spacing": [plane.column_spacing, plane.row_spacing, step],
        "origin": list(plane.position),
        "direction": [*plane.row_direction, *plane.column_direction, *normal],
        "dtype": dtype,
        "slope": first.slope if one_scale else 1.0,
        "intercept": first.intercept if one_scale else 0.0,
        "window": window,
        "photometric": first.pixels.photometric,
        "bytes": size * BYTES[dtype],
        # Where slices have scales of their own (PET), they are applied before the voxels travel.
        "scales": None if one_scale else [[frame.slope, frame.intercept] for frame in frames],
        "bits": first.pixels.bits,
        "signed": first.pixels.signed,
        "real": first.pixels.real,
    }
