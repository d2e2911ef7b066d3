"""Reading RT Structure Sets (PS3.3 A.19): regions of interest with their contours in mm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.files import DAMAGE, objects_in, read_object

# Beyond what any planning system draws: a larger file is damaged or hostile.
MAX_POINTS = 20_000_000
_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contour:
    """One contour: ``points`` (n, 3) float64 in LPS mm, the first not repeated, and its
    geometric type (PS3.3 C.8.8.6)."""

    points: NDArray[np.float64]
    kind: str = "CLOSED_PLANAR"

    @property
    def closed(self) -> bool:
        """Whether the contour bounds an area."""
        return self.kind in _CLOSED and len(self.points) > 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roi:
    """One region of interest. ``interpreted_type`` is (3006,00A4), "" where unknown."""

    number: int
    name: str
    interpreted_type: str
    colour: tuple[int, int, int] | None
    frame_of_reference_uid: str
    contours: tuple[Contour, ...]
    generation: str = ""  # (3006,0036): AUTOMATIC, SEMIAUTOMATIC, MANUAL or ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StructureSet:
    """A structure set: what it is, which image series it was drawn on, its regions in order."""

    study_uid: str
    series_uid: str
    sop_instance_uid: str
    label: str
    frame_of_reference_uid: str
    referenced_series_uids: tuple[str, ...]
    approval: str
    synthetic: bool
    rois: tuple[Roi, ...]

    def roi(self, name: str) -> Roi:
        """The region of that name, upper and lower case being alike.

        Raises:
            InputRefused: there is none, or more than one.
        """
        found = [roi for roi in self.rois if roi.name.casefold() == name.strip().casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputRefused("The structure set holds several regions of the name asked for.")
        raise InputRefused("The structure set holds no region of the name asked for.")


def read_rtstruct(path: Path) -> StructureSet:
    """The structure set in ``path``: a file, or a folder that holds exactly one.

    Regions without contours are kept; contours keep the order of the file.

    Raises:
        InputUnreadable: there is no structure set, or it is damaged.
        InputRefused: there is more than one.
    """
    dataset = _the_structure_set(path)
    try:
        return _structure_set(dataset)
    except DAMAGE as error:
        raise InputUnreadable("The structure set is damaged.") from error


def _the_structure_set(path: Path) -> Dataset:
    found: dict[str, Path] = {}
    for file, header in objects_in(path):
        if header is not None and header.SOPClassUID == RTStructureSetStorage:
            found.setdefault(str(header.SOPInstanceUID), file)
    if not found:
        raise InputUnreadable("The input holds no readable structure set.")
    if len(found) > 1:
        raise InputRefused(f"The folder holds {len(found)} structure sets; give one at a time.")
    return read_object(next(iter(found.values())))


def _structure_set(dataset: Dataset) -> StructureSet:
    frames = [
        str(item.get("FrameOfReferenceUID") or "")
        for item in dataset.get("ReferencedFrameOfReferenceSequence") or ()
    ]
    frame = next(filter(None, [*frames, str(dataset.get("FrameOfReferenceUID") or "")]), "")
    return StructureSet(
        study_uid=str(dataset.get("StudyInstanceUID") or ""),
        series_uid=str(dataset.get("SeriesInstanceUID") or ""),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        label=str(dataset.get("StructureSetLabel") or ""),
        frame_of_reference_uid=frame,
        referenced_series_uids=tuple(dict.fromkeys(_referenced_series(dataset))),
        approval=str(dataset.get("ApprovalStatus") or ""),
        synthetic=str(dataset.get("SyntheticData") or "") == "YES",
        rois=tuple(_rois(dataset, frame)),
    )


def _referenced_series(dataset: Dataset) -> Iterator[str]:
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ():
        for study in frame.get("RTReferencedStudySequence") or ():
            for series in study.get("RTReferencedSeriesSequence") or ():
                yield str(series.SeriesInstanceUID)


def _rois(dataset: Dataset, frame: str) -> Iterator[Roi]:
    drawn = {int(i.ReferencedROINumber): i for i in dataset.get("ROIContourSequence") or ()}
    observed = {
        int(i.ReferencedROINumber): i for i in dataset.get("RTROIObservationsSequence") or ()
    }
    left = MAX_POINTS
    for item in dataset.get("StructureSetROISequence") or ():
        number = int(item.ROINumber)
        contours = tuple(_contours(drawn.get(number, Dataset())))
        left -= sum(len(contour.points) for contour in contours)
        if left < 0:
            raise InputRefused("The structure set claims to be implausibly large.")
        yield Roi(
            number=number,
            name=str(item.get("ROIName") or "").strip(),
            interpreted_type=str(observed.get(number, Dataset()).get("RTROIInterpretedType") or ""),
            colour=_colour(drawn.get(number, Dataset())),
            frame_of_reference_uid=str(item.get("ReferencedFrameOfReferenceUID") or frame),
            contours=contours,
            generation=str(item.get("ROIGenerationAlgorithm") or ""),
        )


def _contours(item: Dataset) -> Iterator[Contour]:
    for contour in item.get("ContourSequence") or ():
        value = contour.get("ContourData") or ()
        if isinstance(value, bytes):  # a contour beyond 64 KiB, kept as UN in explicit VR
            value = value.decode("ascii").rstrip(" \0").split("\\")
        points = np.asarray(value, dtype=np.float64)
        if points.size % 3 or not np.isfinite(points).all():
            raise InputUnreadable("A contour of the structure set is damaged.")
        points = points.reshape(-1, 3)
        if len(points) > 1 and (points[0] == points[-1]).all():
            points = points[:-1]  # some systems close their contours themselves
        if len(points):
            yield Contour(points=points, kind=str(contour.get("ContourGeometricType") or ""))


def _colour(item: Dataset) -> tuple[int, int, int] | None:
    value = item.get("ROIDisplayColor")
    if value is None or len(value) != 3:
        return None
    red, green, blue = (min(255, max(0, int(part))) for part in value)
    return red, green, blue
