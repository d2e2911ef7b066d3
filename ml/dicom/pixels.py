"""Decoding the pixels of one DICOM object, guarded against lying headers."""

from __future__ import annotations

import math
from typing import Any

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGExtended12Bit

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.codestream import stated_size
from ml.dicom.files import DAMAGE
from ml.dicom.planes import frame_count, functional_group

# 1024 slices of 768²: beyond any head or body scan, within the memory of a small machine.
MAX_VOXELS = 600_000_000
# No scan packs a thousandfold, unless it is small and nearly empty: a large one claiming so is
# damaged or hostile, and is not allocated.
MAX_COMPRESSION = 1000
_SMALL_BYTES = 64 * 2**20


def check_pixels(dataset: Dataset) -> None:
    """Refuse an object whose header cannot be that of a grey image, before decoding anything.

    Raises:
        InputRefused: not an image, colour, or larger than ``MAX_VOXELS``.
    """
    if not all(dataset.get(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")):
        name = dataset.SOPClassUID.name
        raise InputRefused(f"The object is not an image ({name}).")
    if dataset.get("SamplesPerPixel", 1) != 1:
        raise InputRefused("The images are in colour; a scan in grey values is needed.")
    if int(dataset.Rows) * int(dataset.Columns) * frame_count(dataset) > MAX_VOXELS:
        raise InputRefused("The images claim to be implausibly large.")


def stored_values(dataset: FileDataset) -> NDArray[Any]:
    """The stored pixel values, (frames, rows, columns), an integer type or float.

    Raises:
        InputRefused: see :func:`check_pixels`.
        InputUnreadable: the pixel data are missing, cut off, or cannot be decoded.
    """
    check_pixels(dataset)
    claimed = _claimed_bytes(dataset)
    element = next(
        (
            dataset[keyword]
            for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
            if keyword in dataset
        ),
        None,
    )
    if element is None or not element.value:
        raise InputUnreadable("An image has no pixel data.")
    present = len(element.value)
    encapsulated = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    if not encapsulated and present < claimed:
        raise InputUnreadable("An image is cut off: its pixel data are shorter than it states.")
    if encapsulated and claimed > max(_SMALL_BYTES, MAX_COMPRESSION * present):
        raise InputUnreadable("An image is cut off: its pixel data are shorter than it states.")
    try:
        if encapsulated:
            _check_frames(dataset)
        pixels = _decoded(dataset)
    except DAMAGE as error:
        syntax = dataset.file_meta.TransferSyntaxUID.name
        raise InputUnreadable(f"An image cannot be decoded ({syntax}).") from error
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if pixels.size != rows * columns * frame_count(dataset):
        raise InputUnreadable("An image decodes to another size than it states.")
    return pixels.reshape(-1, rows, columns)


def _check_frames(dataset: FileDataset) -> None:
    stated = int(dataset.Rows), int(dataset.Columns)
    frames = generate_frames(dataset.PixelData, number_of_frames=frame_count(dataset))
    for frame in frames:
        size = stated_size(frame)
        # A JPEG may leave its rows to be told later (0).
        if size is not None and size != stated and size != (0, stated[1]):
            raise InputUnreadable("An image is compressed at another size than it states.")


def _decoded(dataset: FileDataset) -> NDArray[Any]:
    if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit and dataset.BitsStored > 8:
        return _jpeg_12_bit(dataset)
    pixels: NDArray[Any] = dataset.pixel_array
    return pixels


def _jpeg_12_bit(dataset: FileDataset) -> NDArray[Any]:
    """12-bit JPEG, which pydicom gives to no plug-in although GDCM decodes it."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(dataset.filename))
    if not reader.Read() or dataset.BitsAllocated != 16:
        raise ValueError("GDCM cannot decode the image")
    # SWIG hands the bytes over as text.
    raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(raw, dtype="<i2" if dataset.PixelRepresentation else "<u2")


def rescale_of(dataset: Dataset, frame: int) -> tuple[float, float]:
    """Slope and intercept of a frame (counted from 0): output = stored × slope + intercept.

    Raises:
        InputRefused: they are not usable numbers.
    """
    macro = Dataset()
    if "PerFrameFunctionalGroupsSequence" in dataset:
        group = dataset.PerFrameFunctionalGroupsSequence[frame]
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
        macro = functional_group(group, shared, "PixelValueTransformationSequence")
    try:
        slope, intercept = (
            default if value in (None, "") else float(value)
            for default, value in (
                (1.0, macro.get("RescaleSlope", dataset.get("RescaleSlope"))),
                (0.0, macro.get("RescaleIntercept", dataset.get("RescaleIntercept"))),
            )
        )
    except (TypeError, ValueError):
        raise InputRefused("The rescale of the pixel values is not a number.") from None
    if not (math.isfinite(slope) and math.isfinite(intercept)) or slope == 0:
        raise InputRefused("The rescale of the pixel values is not usable.")
    return slope, intercept


def _claimed_bytes(dataset: Dataset) -> int:
    bits = int(dataset.Rows) * int(dataset.Columns) * frame_count(dataset)
    return (bits * int(dataset.BitsAllocated) + 7) // 8


def output_type(
    stored: np.dtype[Any], low: float, high: float, rescales: set[tuple[float, float]]
) -> np.dtype[Any]:
    """The smallest type that holds the rescaled values exactly: an integer one where slope and
    intercept are whole numbers, else float32."""
    whole = all(slope.is_integer() and intercept.is_integer() for slope, intercept in rescales)
    if stored.kind not in "iu" or not whole:
        return np.dtype(np.float32)
    ends = [value * slope + intercept for value in (low, high) for slope, intercept in rescales]
    for candidate in (np.int16, np.uint16, np.int32):
        limits = np.iinfo(candidate)
        if limits.min <= min(ends) and max(ends) <= limits.max:
            return np.dtype(candidate)
    return np.dtype(np.float32)
