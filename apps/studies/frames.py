"""Every frame of a series as a plane in space, from the tags of its instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.studies import tags as t
from apps.studies.tags import Tags
from ml.contracts.geometry import SlicePlane, Vector, cross

# No scanner makes more; a file may claim anything.
FRAMES_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """How the voxels of a frame are stored; the grid of a volume needs one for all. ``real``: as
    floating-point numbers."""

    bits: int
    signed: bool
    real: bool
    samples: int
    photometric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """``index`` counts from 0 within the instance. ``window`` is (centre, width)."""

    instance: str
    index: int
    plane: SlicePlane | None
    pixels: PixelFormat
    slope: float
    intercept: float
    window: tuple[float, float] | None


def frame_count(tags: Tags) -> int:
    return min(max(1, t.natural(tags, "NumberOfFrames") or 1), FRAMES_MAX)


def pixel_format(tags: Tags) -> PixelFormat:
    bits, sign = t.natural(tags, "BitsAllocated") or 0, t.natural(tags, "PixelRepresentation")
    return PixelFormat(
        bits=bits,
        signed=sign == 1,
        # Whole numbers must say whether they have a sign, real ones must not (PS3.3 C.7.6.24).
        real=bits == 32 and sign is None,
        samples=t.natural(tags, "SamplesPerPixel") or 1,
        photometric=t.text(tags, "PhotometricInterpretation"),
    )


def frames_of(instance: str, tags: Tags) -> Iterator[Frame]:
    """The frames of one instance: classic, enhanced multi-frame, or a dose grid."""
    per_frame = t.items(tags, "PerFrameFunctionalGroupsSequence")
    shared = next(iter(t.items(tags, "SharedFunctionalGroupsSequence")), {})
    offsets = t.numbers(tags, "GridFrameOffsetVector")
    pixels = pixel_format(tags)
    for index in range(frame_count(tags)):
        own = per_frame[index] if index < len(per_frame) else {}
        groups = (own, shared)
        plane = _plane(tags, groups)
        if offsets is not None and plane is not None:
            plane = _shifted(plane, offsets[index]) if index < len(offsets) else None
        elif index > 0 and not per_frame:
            # A multi-frame image without functional groups says nothing of its other frames.
            plane = None
        window = _pair(tags, groups)
        yield Frame(
            instance=instance,
            index=index,
            plane=plane,
            pixels=pixels,
            slope=_scaled(tags, groups, "RescaleSlope", 1.0),
            intercept=_scaled(tags, groups, "RescaleIntercept", 0.0),
            window=window,
        )


def _group(groups: tuple[Tags, Tags], sequence: str) -> Tags:
    for group in groups:
        for item in t.items(group, sequence):
            return item
    return {}


def _plane(tags: Tags, groups: tuple[Tags, Tags]) -> SlicePlane | None:
    position = t.numbers(
        _group(groups, "PlanePositionSequence"), "ImagePositionPatient", 3
    ) or t.numbers(tags, "ImagePositionPatient", 3)
    orientation = t.numbers(
        _group(groups, "PlaneOrientationSequence"), "ImageOrientationPatient", 6
    ) or t.numbers(tags, "ImageOrientationPatient", 6)
    spacing = t.numbers(_group(groups, "PixelMeasuresSequence"), "PixelSpacing", 2) or t.numbers(
        tags, "PixelSpacing", 2
    )
    rows, columns = t.natural(tags, "Rows"), t.natural(tags, "Columns")
    if not (position and orientation and spacing and rows and columns):
        return None
    row, column = orientation[:3], orientation[3:]
    if min(spacing) <= 0 or not (_is_unit(row) and _is_unit(column) and _is_square(row, column)):
        return None
    return SlicePlane(
        position=_vector(position),
        row_direction=_vector(row),
        column_direction=_vector(column),
        rows=rows,
        columns=columns,
        row_spacing=spacing[0],
        column_spacing=spacing[1],
    )


def _vector(values: list[float]) -> Vector:
    return (values[0], values[1], values[2])


def _is_unit(values: list[float]) -> bool:
    return abs(sum(v * v for v in values) - 1.0) < 1e-2


def _is_square(row: list[float], column: list[float]) -> bool:
    return abs(sum(a * b for a, b in zip(row, column, strict=True))) < 1e-2


def _shifted(plane: SlicePlane, offset: float) -> SlicePlane:
    normal = cross(plane.row_direction, plane.column_direction)
    position = tuple(p + offset * n for p, n in zip(plane.position, normal, strict=True))
    return replace(plane, position=_vector(list(position)))


def _scaled(tags: Tags, groups: tuple[Tags, Tags], keyword: str, default: float) -> float:
    found = t.number(_group(groups, "PixelValueTransformationSequence"), keyword)
    if found is None:
        found = t.number(tags, keyword)
    if found is None and keyword == "RescaleSlope":
        found = t.number(tags, "DoseGridScaling")
    return default if found is None else found


def _pair(tags: Tags, groups: tuple[Tags, Tags]) -> tuple[float, float] | None:
    for source in (_group(groups, "FrameVOILUTSequence"), tags):
        center, width = t.number(source, "WindowCenter"), t.number(source, "WindowWidth")
        if center is not None and width is not None and width > 0:
            return center, width
    return None
