"""Reading one image series as a volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.contracts.geometry import SeriesGeometry, SlicePlane, classify
from ml.dicom.files import DAMAGE, objects_in, read_object
from ml.dicom.nifti import read_nifti
from ml.dicom.pixels import MAX_VOXELS, check_pixels, output_type, rescale_of, stored_values
from ml.dicom.planes import planes_of
from ml.imaging.volume import SourceSeries, Volume

# Results and documents that may lie beside a scan but are not one.
_NOT_SCANS = {
    "SEG": "a segmentation",
    "RTSTRUCT": "a structure set",
    "RTDOSE": "a dose distribution",
    "RTPLAN": "a treatment plan",
    "SR": "a structured report",
    "PR": "a presentation state",
    "KO": "a list of key images",
    "REG": "a registration",
    "DOC": "a document",
}


@dataclass(frozen=True, slots=True)
class _Frame:
    """One slice of the series: which object it is in and where it lies."""

    file: Path
    header: FileDataset
    index: int  # within its object, from 0
    plane: SlicePlane


def read_volume(path: Path, kind: Literal["dicom", "nifti"]) -> Volume:
    """One image series as a volume: a NIfTI file, or a folder (or single file) of DICOM objects.

    DICOM slices are sorted along their normal; the grid is the scanner's own. Files that are not
    DICOM are passed over; the objects must all belong to one series of one regular geometry.

    Raises:
        InputUnreadable: nothing there can be read as an image.
        InputRefused: it can, but is not one regular volume in grey values; the message says why.
    """
    return read_nifti(path) if kind == "nifti" else read_series(path)


def read_series(path: Path) -> Volume:
    """One DICOM image series (single-frame objects or one multi-frame object) as a volume.

    Returns:
        Array (z, y, x) in the unit of the file's rescale (HU for CT), with ``source``.

    Raises:
        InputUnreadable, InputRefused: as for :func:`read_volume`.
    """
    try:
        headers, passed_over = _scan_headers(path)
        frames = _frames_of(headers)
        geometry = classify([frame.plane for frame in frames])
        _require_regular(geometry, passed_over)
        frames = [frames[index] for index in geometry.order]
        return Volume(array=_decoded(frames), affine=_affine(frames), source=_source_series(frames))
    except DAMAGE as error:
        raise InputUnreadable("The headers of the images are damaged.") from error


def _scan_headers(path: Path) -> tuple[list[tuple[Path, FileDataset]], int]:
    """Image headers of the one series in ``path``, each object once, and how many files were
    passed over because they are not DICOM."""
    images: dict[str, tuple[Path, FileDataset]] = {}
    others: set[str] = set()
    passed_over = 0
    for file, header in objects_in(path):
        if header is None:
            passed_over += 1
        elif (modality := str(header.get("Modality", ""))) in _NOT_SCANS:
            others.add(_NOT_SCANS[modality])
        elif not header.get("Rows"):
            others.add(f"an object without an image ({header.SOPClassUID.name})")
        else:
            images.setdefault(str(header.get("SOPInstanceUID", file.name)), (file, header))
    if not images and others:
        raise InputRefused(f"The input is {', '.join(sorted(others))}, not a scan.")
    if not images:
        raise InputUnreadable("The input holds no readable DICOM image.")
    series = {str(header.get("SeriesInstanceUID", "")) for _, header in images.values()}
    if len(series) > 1:
        raise InputRefused(f"The folder holds {len(series)} series; give one at a time.")
    return list(images.values()), passed_over


def _frames_of(headers: list[tuple[Path, FileDataset]]) -> list[_Frame]:
    frames: list[_Frame] = []
    total = 0
    for file, header in headers:
        check_pixels(header)
        planes = planes_of(header)
        total += int(header.Rows) * int(header.Columns) * len(planes)
        if total > MAX_VOXELS:
            raise InputRefused("The images claim to be implausibly large.")
        frames.extend(_Frame(file, header, index, plane) for index, plane in enumerate(planes))
    return frames


def _require_regular(geometry: SeriesGeometry, passed_over: int) -> None:
    if geometry.kind == "regular":
        return
    reason = geometry.reason
    if passed_over:
        reason += f" {passed_over} of the files could not be read as DICOM."
    raise InputRefused(f"The series is not one regular volume. {reason}")


def _decoded(frames: list[_Frame]) -> NDArray[Any]:
    """The rescaled slices (z, y, x); each object is decoded once."""
    slices_of: dict[Path, list[int]] = {}
    for position, frame in enumerate(frames):
        slices_of.setdefault(frame.file, []).append(position)
    rescales = [rescale_of(frame.header, frame.index) for frame in frames]
    first = frames[0].plane
    stack: NDArray[Any] | None = None
    for file, positions in slices_of.items():
        stored = stored_values(read_object(file))
        if stack is None:
            stack = np.empty((len(frames), first.rows, first.columns), dtype=stored.dtype)
        elif stack.dtype != stored.dtype:
            stack = stack.astype(np.promote_types(stack.dtype, stored.dtype))
        for position in positions:
            stack[position] = stored[frames[position].index]
    if stack is None:
        raise InputUnreadable("The input holds no readable DICOM image.")
    return _rescaled(stack, rescales)


def _rescaled(stack: NDArray[Any], rescales: list[tuple[float, float]]) -> NDArray[Any]:
    target = output_type(stack.dtype, float(stack.min()), float(stack.max()), set(rescales))
    if set(rescales) == {(1.0, 0.0)}:
        return stack.astype(target, copy=False)
    result = np.empty(stack.shape, dtype=target)
    for position, (slope, intercept) in enumerate(rescales):
        plane = stack[position].astype(np.float64) * slope + intercept
        result[position] = np.rint(plane) if target.kind in "iu" else plane
    if target.kind == "f" and not np.isfinite(result).all():
        raise InputRefused("The images hold values that are not numbers.")
    return result


def _affine(frames: list[_Frame]) -> NDArray[np.float64]:
    first, last = frames[0].plane, frames[-1].plane
    affine = np.eye(4)
    affine[:3, 0] = np.array(first.row_direction) * first.column_spacing
    affine[:3, 1] = np.array(first.column_direction) * first.row_spacing
    affine[:3, 2] = (np.array(last.position) - np.array(first.position)) / (len(frames) - 1)
    affine[:3, 3] = first.position
    return affine


def _source_series(frames: list[_Frame]) -> SourceSeries:
    header = frames[0].header
    multi_frame = "PerFrameFunctionalGroupsSequence" in header
    return SourceSeries(
        study_uid=str(header.get("StudyInstanceUID", "")),
        series_uid=str(header.get("SeriesInstanceUID", "")),
        frame_of_reference_uid=str(header.get("FrameOfReferenceUID", "")) or None,
        modality=str(header.get("Modality", "")),
        sop_class_uid=str(header.SOPClassUID),
        sop_instance_uids=tuple(str(frame.header.SOPInstanceUID) for frame in frames),
        frame_numbers=tuple(frame.index + 1 if multi_frame else 0 for frame in frames),
        files=tuple(frame.file for frame in frames),
        body_part=str(header.get("BodyPartExamined") or ""),
        synthetic=str(header.get("SyntheticData") or "") == "YES",
    )
