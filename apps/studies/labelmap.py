"""Decoding a DICOM segmentation into one label per voxel of the image that it lies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from apps.core.errors import Refused

# What our own writer notes on a segment; others' segments keep their own number.
_OUR_LABEL = re.compile(r"FreeSurfer label (\d+)")
_ORIENTATION_TOLERANCE = 1e-3
# Positions are written with few decimals: a twentieth of a slice is still the same slice.
_PLACE_TOLERANCE = 0.05


class SegmentationRefused(Refused):
    code = "segmentation_not_shown"


def structure_label(segment: Dataset) -> int:
    noted = _OUR_LABEL.search(str(segment.get("SegmentDescription") or ""))
    return int(noted[1]) if noted else int(segment.SegmentNumber)


def labels_on(dataset: Dataset, grid: dict[str, Any]) -> npt.NDArray[np.uint16]:
    """Labels (z, y, x) on ``grid``; segments are drawn one over the other by their numbers.

    Raises SegmentationRefused where the frames do not lie on the grid.
    """
    columns, rows, slices = grid["dimensions"]
    if (dataset.Rows, dataset.Columns) != (rows, columns):
        raise SegmentationRefused("The segmentation lies on another grid than its image.")
    numbers = {int(s.SegmentNumber): structure_label(s) for s in dataset.SegmentSequence}
    labels: npt.NDArray[np.uint16] = np.zeros((slices, rows * columns), np.uint16)
    frame = _frame_reader(dataset, rows * columns)
    for place, number, index in sorted(_placed(dataset, grid), key=lambda found: found[1]):
        mask = frame(index)
        if number:
            labels[place][mask > 0] = numbers.get(number, number)
        else:
            table = np.zeros(int(mask.max()) + 1, np.uint16)
            for segment in range(1, table.size):
                table[segment] = numbers.get(segment, 0)
            labels[place] = table[mask]
    return labels.reshape(slices, rows, columns)


def _placed(dataset: Dataset, grid: dict[str, Any]) -> Iterator[tuple[int, int, int]]:
    """(slice, segment, frame) of every frame; segment 0 where a frame holds them all."""
    direction = np.array(grid["direction"]).reshape(3, 3)
    origin, step = np.array(grid["origin"]), grid["spacing"][2]
    for index, (position, orientation, number) in enumerate(_frame_groups(dataset)):
        if not np.allclose(orientation, direction[:2].ravel(), atol=_ORIENTATION_TOLERANCE):
            raise SegmentationRefused("The segmentation is turned against its image.")
        offset = np.array(position) - origin
        place = round(float(offset @ direction[2]) / step)
        if np.abs(offset - place * step * direction[2]).max() > _PLACE_TOLERANCE * step:
            raise SegmentationRefused("The segmentation is shifted against its image.")
        if 0 <= place < grid["dimensions"][2]:
            yield place, number, index


def _frame_groups(dataset: Dataset) -> Iterator[tuple[list[float], list[float], int]]:
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    for own in dataset.PerFrameFunctionalGroupsSequence:
        position = _first(own, shared, "PlanePositionSequence")
        orientation = _first(own, shared, "PlaneOrientationSequence")
        segment = _first(own, shared, "SegmentIdentificationSequence")
        if position is None or orientation is None:
            raise SegmentationRefused("A frame of the segmentation has no position.")
        yield (
            [float(v) for v in position.ImagePositionPatient],
            [float(v) for v in orientation.ImageOrientationPatient],
            int(segment.ReferencedSegmentNumber) if segment is not None else 0,
        )


def _first(own: Dataset, shared: Dataset, sequence: str) -> Dataset | None:
    for group in (own, shared):
        if found := group.get(sequence):
            item: Dataset = found[0]
            return item
    return None


def _frame_reader(dataset: Dataset, size: int) -> Callable[[int], npt.NDArray[Any]]:
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        pixels = dataset.pixel_array
        frames = pixels.reshape(-1, size)
        return lambda index: frames[index]
    if dataset.BitsAllocated == 1:
        packed = np.frombuffer(dataset.PixelData, np.uint8)
        return lambda index: _unpacked(packed, index * size, size)
    dtype = np.dtype(f"<u{dataset.BitsAllocated // 8}")
    voxels = np.frombuffer(dataset.PixelData, dtype)
    return lambda index: voxels[index * size : (index + 1) * size]


def _unpacked(packed: npt.NDArray[np.uint8], start: int, size: int) -> npt.NDArray[np.uint8]:
    """``size`` bits from bit ``start``; frames of binary segmentations end in mid-byte."""
    first, last = start // 8, (start + size + 7) // 8
    bits = np.unpackbits(packed[first:last], bitorder="little")
    return bits[start - first * 8 :][:size]
