"""Where the frames of DICOM objects lie (PS3.3 C.7.6.2 and, for multi-frame, C.7.6.16.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydicom.dataset import Dataset

from ml.contracts.errors import InputRefused
from ml.contracts.geometry import SlicePlane, Vector

NO_PLACE = "The images do not state where they lie in the patient."


def planes_of(dataset: Dataset) -> list[SlicePlane]:
    """The plane of each frame, in the order of the frames.

    Raises:
        InputRefused: position, orientation, spacing or size is missing or impossible.
    """
    frames = frame_count(dataset)
    if "PerFrameFunctionalGroupsSequence" in dataset:
        groups = dataset.PerFrameFunctionalGroupsSequence
        if len(groups) != frames:
            raise InputRefused("The number of frames does not fit the frames' descriptions.")
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
        return [_plane(dataset, group, shared) for group in groups]
    if frames != 1:
        raise InputRefused(NO_PLACE)
    return [plane_of(dataset)]


def plane_of(dataset: Dataset) -> SlicePlane:
    """The plane that the object itself states, whatever the number of its frames.

    Raises:
        InputRefused: position, orientation, spacing or size is missing or impossible.
    """
    return _plane(dataset, Dataset(), Dataset())


def frame_count(dataset: Dataset) -> int:
    """Number of frames (1 where the object does not say).

    Raises:
        InputRefused: the number is not one.
    """
    value = dataset.get("NumberOfFrames")
    try:
        count = 1 if value in (None, "") else int(value)
    except (TypeError, ValueError):
        count = 0
    if count < 1:
        raise InputRefused("The number of frames is not valid.")
    return count


def functional_group(group: Dataset, shared: Dataset, keyword: str) -> Dataset:
    """The macro ``keyword`` of a frame: its own, else the one all frames share, else empty."""
    for place in (group, shared):
        sequence = place.get(keyword)
        if sequence:
            item: Dataset = sequence[0]
            return item
    return Dataset()


def _plane(dataset: Dataset, group: Dataset, shared: Dataset) -> SlicePlane:
    def value(macro: str, keyword: str) -> object:
        found = functional_group(group, shared, macro).get(keyword)
        return dataset.get(keyword) if found is None else found

    position = _numbers(value("PlanePositionSequence", "ImagePositionPatient"), 3)
    cosines = _numbers(value("PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    spacing = _numbers(value("PixelMeasuresSequence", "PixelSpacing"), 2)
    row, column = _vector(cosines[:3]), _vector(cosines[3:])
    if (
        abs(math.hypot(*row) - 1) > 1e-2
        or abs(math.hypot(*column) - 1) > 1e-2
        or abs(sum(a * b for a, b in zip(row, column, strict=True))) > 1e-2
    ):
        raise InputRefused("The orientation of the images is not a pair of right angles.")
    if not all(1e-3 < step < 1e3 for step in spacing):
        raise InputRefused("The pixel spacing of the images is not a plausible length.")
    return SlicePlane(
        position=_vector(position),
        row_direction=row,
        column_direction=column,
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        row_spacing=spacing[0],
        column_spacing=spacing[1],
    )


def _numbers(value: object, count: int) -> list[float]:
    if value is None or isinstance(value, str) or not isinstance(value, Sequence):
        raise InputRefused(NO_PLACE)
    try:
        numbers = [float(item) for item in value]
    except (TypeError, ValueError):
        raise InputRefused(NO_PLACE) from None
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise InputRefused(NO_PLACE)
    return numbers


def _vector(values: Sequence[float]) -> Vector:
    x, y, z = values
    return x, y, z
