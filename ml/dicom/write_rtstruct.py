"""Masks as an RT Structure Set (PS3.3 A.19), contoured exactly on the source's slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from ml.dicom.contours import Polygon, contours_of
from ml.dicom.headers import source_header
from ml.dicom.image_series import decimal
from ml.dicom.person import person_name
from ml.dicom.provenance import (
    ARTIFICIAL_INTELLIGENCE,
    MANUFACTURER,
    Algorithm,
    Written,
    code_item,
    mark,
    save,
)
from ml.dicom.rt_object import NewObject, object_template, reference
from ml.imaging.volume import SourceSeries, Volume

SERIES_NUMBER = 9011
# Explicit VR counts the bytes of a decimal string with 16 bits; implicit VR with 32.
_MAX_EXPLICIT_BYTES = 2**16 - 2
InterpretedType = Literal["EXTERNAL", "GTV", "CTV", "PTV", "ORGAN", "CAVITY", ""]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """One region of interest: its name, mask (z, y, x) on the source's grid, RT type, colour."""

    name: str
    mask: NDArray[Any]
    interpreted_type: InterpretedType = "ORGAN"
    colour: tuple[int, int, int] = (255, 255, 0)


def write_rtstruct(
    regions: Sequence[Region],
    source: Volume,
    *,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "rtstruct",
    label: str = "SYNOPTIC",
    drawn_by: str = "",
    made_at: datetime | None = None,
) -> Written:
    """Write ``regions`` as a structure set, not approved, of the series that ``source`` was read
    from. Empty regions are listed without contours. UIDs follow from ``run_id`` and ``key``. The
    object is in explicit VR unless a contour is too long for it.
    ``drawn_by`` is the name of the person who drew them; the object is then no work of an
    algorithm, and says so.

    Returns:
        What was written; ``segments`` maps the index of a region to its ROI number.

    Raises:
        ValueError: the source is not from DICOM, holds several frames per object, or a mask does
            not fit it.
    """
    if source.source is None:
        raise ValueError("a structure set needs the DICOM series it belongs to")
    if source.source.frame_numbers[0]:
        raise ValueError("a structure set is drawn on single-frame images")
    for region in regions:
        if region.mask.shape != source.array.shape:
            raise ValueError(f"{region.name}: {region.mask.shape} is not {source.array.shape}")
    moment = made_at or datetime.now(UTC)
    header = source_header(source.source)
    dataset = object_template(
        header,
        NewObject(
            sop_class=RTStructureSetStorage,
            modality="RTSTRUCT",
            series_number=SERIES_NUMBER,
            description=f"{'Drawn' if drawn_by else 'AI'} structure set, not approved",
            algorithm=algorithm,
            run_id=run_id,
            key=key,
            made_at=moment,
        ),
    )
    dataset.StructureSetLabel = label[:16]
    dataset.StructureSetDate, dataset.StructureSetTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    frame = str(header.FrameOfReferenceUID)
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = frame, ""
    dataset.ReferencedFrameOfReferenceSequence = [_referenced_frame(source.source, frame)]
    numbered = list(enumerate(regions, start=1))
    made_by = None if drawn_by else algorithm
    dataset.StructureSetROISequence = [_roi(n, r, frame, made_by) for n, r in numbered]
    dataset.ROIContourSequence = [_contours(n, r, source, source.source) for n, r in numbered]
    interpreter = person_name(drawn_by) if drawn_by else ""
    dataset.RTROIObservationsSequence = [_observation(n, r, interpreter) for n, r in numbered]
    if _longest_contour(dataset) > _MAX_EXPLICIT_BYTES:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.ApprovalStatus = "UNAPPROVED"
    if drawn_by:
        dataset.OperatorsName = interpreter
        dataset.SyntheticData = "YES" if source.source.synthetic else "NO"
    else:
        mark(dataset, source.source, algorithm)
    return save(dataset, path, {number - 1: number for number, _ in numbered})


def _longest_contour(dataset: Dataset) -> int:
    """Bytes of the longest contour's points."""
    return max(
        (
            sum(len(str(value)) + 1 for value in contour.ContourData)
            for item in dataset.ROIContourSequence
            for contour in item.get("ContourSequence", ())
        ),
        default=0,
    )


def _referenced_frame(source: SourceSeries, frame_uid: str) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = source.series_uid
    series.ContourImageSequence = [_image(source, i) for i in range(len(source.sop_instance_uids))]
    study = Dataset()
    # The retired Study Component class is what the standard and planning systems expect here.
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID = source.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = frame_uid
    frame.RTReferencedStudySequence = [study]
    return frame


def _image(source: SourceSeries, index: int) -> Dataset:
    return reference(source.sop_class_uid, source.sop_instance_uids[index])


def _roi(number: int, region: Region, frame_uid: str, algorithm: Algorithm | None) -> Dataset:
    """``algorithm`` is what found the region; None where a person drew it."""
    roi = Dataset()
    roi.ROINumber = number
    roi.ReferencedFrameOfReferenceUID = frame_uid
    roi.ROIName = region.name[:64]
    roi.ROIGenerationAlgorithm = "AUTOMATIC" if algorithm else "MANUAL"
    if algorithm:
        roi.ROIDerivationAlgorithmIdentificationSequence = [_made_by(algorithm)]
    return roi


def _made_by(algorithm: Algorithm) -> Dataset:
    item = Dataset()
    item.AlgorithmFamilyCodeSequence = [code_item(ARTIFICIAL_INTELLIGENCE)]
    item.AlgorithmName = algorithm.name[:64]
    item.AlgorithmVersion = algorithm.version[:64]
    item.AlgorithmParameters = algorithm.parameter_text
    item.AlgorithmSource = MANUFACTURER
    return item


def _contours(number: int, region: Region, grid: Volume, source: SourceSeries) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(region.colour)
    item.ReferencedROINumber = number
    contours: list[Dataset] = []
    for index, plane in enumerate(np.asarray(region.mask, dtype=np.bool_)):
        if not plane.any():
            continue
        for polygon in contours_of(plane):
            contour = Dataset()
            contour.ContourImageSequence = [_image(source, index)]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(polygon)
            contour.ContourNumber = len(contours) + 1
            contour.ContourData = _points(polygon, index, grid)
            contours.append(contour)
    if contours:
        item.ContourSequence = contours
    return item


def _points(polygon: Polygon, index: int, grid: Volume) -> list[str]:
    y, x = polygon.T
    voxel = np.stack([x, y, np.full_like(x, index), np.ones_like(x)])
    lps = (grid.affine @ voxel)[:3].T
    return [decimal(round(value, 4)) for value in lps.ravel().tolist()]


def _observation(number: int, region: Region, interpreter: str) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.RTROIInterpretedType = region.interpreted_type
    item.ROIInterpreter = interpreter
    return item
