"""Whether a case can be imported by a planning system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID

from ml.dicom.profiles.load import Profile

Headers = Sequence[Dataset]
_IMAGES = ("CT", "MR", "PT")


def check_profile(headers: Headers, profile: Profile) -> list[str]:
    """Why the objects of a case (their headers, in any order) do not meet ``profile``.

    One sentence for a person per demand that is not met, with the reason for the demand, without
    values of the patient; empty where all is well.

    Raises:
        ValueError: the profile names a check that does not exist.
    """
    reasons: list[str] = []
    for demand in profile.demands:
        check = CHECKS.get(demand.check)
        if check is None:
            raise ValueError(f"the profile {profile.name!r} names no check {demand.check!r}")
        chosen = [h for h in headers if demand.modality in ("", str(h.get("Modality")))]
        reasons += [f"{found} {demand.why}" for found in check(chosen, demand.value)]
    return reasons


def _sop_classes(headers: Headers, allowed: list[str]) -> Iterator[str]:
    other = sorted({UID(h.SOPClassUID).name for h in headers if h.SOPClassUID not in allowed})
    if other:
        yield f"Objects of these kinds are not taken: {', '.join(other)}."


def _transfer_syntaxes(headers: Headers, allowed: list[str]) -> Iterator[str]:
    used = {str(getattr(h, "file_meta", Dataset()).get("TransferSyntaxUID", "")) for h in headers}
    other = sorted(UID(syntax).name or "none" for syntax in used - set(allowed))
    if other:
        yield f"Objects are encoded in a way that is not taken: {', '.join(other)}."


def _transverse(headers: Headers, _: bool) -> Iterator[str]:
    upright = [1, 0, 0, 0, 1, 0]
    for h in (*_images(headers), *_of(headers, "RTDOSE")):
        if not np.allclose(_numbers(h, "ImageOrientationPatient"), upright, atol=1e-6):
            yield "Slices are not transverse."
            return


def _uniform_slices(headers: Headers, tolerance_mm: float) -> Iterator[str]:
    by_series: dict[str, list[float]] = defaultdict(list)
    for h in _images(headers):
        by_series[str(h.get("SeriesInstanceUID"))].append(_numbers(h, "ImagePositionPatient")[-1])
    for heights in by_series.values():
        steps = np.diff(np.sort(heights))
        if len(heights) < 2:
            yield "A series has one slice only."
        elif not (steps.min() > tolerance_mm and np.ptp(steps) <= tolerance_mm):
            yield "Slices are not evenly spaced, or two lie at one place."


def _square_pixels(headers: Headers, _: bool) -> Iterator[str]:
    for h in _images(headers):
        rows, columns = _numbers(h, "PixelSpacing")[:2]
        if not abs(rows - columns) <= 1e-4:
            yield f"Pixels are oblong ({rows:.3f} × {columns:.3f} mm)."
            return


def _max_matrix(headers: Headers, most: int) -> Iterator[str]:
    largest = max((max(int(h.Rows), int(h.Columns)) for h in _images(headers)), default=0)
    if largest > most:
        yield f"Images have up to {largest} rows or columns; {most} are taken."


def _max_slices(headers: Headers, most: int) -> Iterator[str]:
    count = len(_images(headers))
    if count > most:
        yield f"There are {count} slices; {most} are taken."


def _equal(headers: Headers, values: dict[str, Any]) -> Iterator[str]:
    for keyword, value in values.items():
        if any(h.get(keyword) != value for h in headers):
            yield f"{keyword} is not {value} everywhere."


def _filled(headers: Headers, keywords: list[str]) -> Iterator[str]:
    for keyword in keywords:
        missing = sorted({str(h.get("Modality")) for h in headers if not h.get(keyword)})
        if missing:
            yield f"{keyword} is empty ({', '.join(missing)})."


def _same(headers: Headers, keywords: list[str]) -> Iterator[str]:
    for keyword in keywords:
        if len({str(h.get(keyword)) for h in headers}) > 1:
            yield f"The objects do not share one {keyword}."


def _max_length(headers: Headers, lengths: dict[str, int]) -> Iterator[str]:
    for keyword, most in lengths.items():
        longest = max((len(v) for h in headers for v in _values(h, keyword)), default=0)
        if longest > most:
            yield f"{keyword} is up to {longest} characters long; {most} are taken."


def _ascii(headers: Headers, keywords: list[str]) -> Iterator[str]:
    for keyword in keywords:
        if not all(value.isascii() for h in headers for value in _values(h, keyword)):
            yield f"{keyword} holds characters beyond ASCII."


def _decimal_strings(headers: Headers, most: int) -> Iterator[str]:
    if any(len(text) > most for h in headers for text in _decimals(h)):
        yield f"A decimal string is longer than {most} characters."


def _references(headers: Headers, _: bool) -> Iterator[str]:
    present = {str(h.SOPInstanceUID) for h in headers}
    for modality, keyword, words in (
        ("RTSTRUCT", "ContourImageSequence", "Contours refer to images"),
        ("RTPLAN", "ReferencedStructureSetSequence", "A plan refers to structures"),
        ("RTDOSE", "ReferencedRTPlanSequence", "A dose refers to a plan"),
    ):
        named = {
            str(item.ReferencedSOPInstanceUID)
            for h in _of(headers, modality)
            for item in _items(h, keyword)
        }
        if named - present:
            yield f"{words} that are not among the objects."


CHECKS: dict[str, Callable[[Headers, Any], Iterator[str]]] = {
    "sop_classes": _sop_classes,
    "transfer_syntaxes": _transfer_syntaxes,
    "transverse": _transverse,
    "uniform_slices": _uniform_slices,
    "square_pixels": _square_pixels,
    "max_matrix": _max_matrix,
    "max_slices": _max_slices,
    "equal": _equal,
    "filled": _filled,
    "same": _same,
    "max_length": _max_length,
    "ascii": _ascii,
    "decimal_strings": _decimal_strings,
    "references": _references,
}


def _of(headers: Headers, *modalities: str) -> list[Dataset]:
    return [h for h in headers if str(h.get("Modality")) in modalities]


def _images(headers: Headers) -> list[Dataset]:
    return _of(headers, *_IMAGES)


def _numbers(header: Dataset, keyword: str) -> list[float]:
    """Numbers of an attribute; not-a-numbers where it is missing, which meet no demand."""
    value = header.get(keyword)
    return [float("nan")] * 6 if value is None else [float(v) for v in value]


def _items(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    """The items of every sequence ``keyword``, at any depth."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                if element.keyword == keyword:
                    yield item
                yield from _items(item, keyword)


def _values(dataset: Dataset, keyword: str) -> Iterator[str]:
    """The values of every attribute ``keyword``, at any depth, as text."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _values(item, keyword)
        elif element.keyword == keyword and element.value is not None:
            yield str(element.value)


def _decimals(dataset: Dataset) -> Iterator[str]:
    """Every decimal string as it is written in the object."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _decimals(item)
        elif element.VR == "DS" and element.value is not None:
            values = [element.value] if element.VM == 1 else list(element.value)
            yield from (str(getattr(value, "original_string", value)) for value in values)
