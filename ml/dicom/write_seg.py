"""Labels as a DICOM Segmentation (binary, one segment per structure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml.dicom.headers import source_headers
from ml.dicom.provenance import (
    ARTIFICIAL_INTELLIGENCE,
    MANUFACTURER,
    Algorithm,
    Written,
    code_item,
    mark,
    save,
    tracking_id,
    tracking_uid,
)
from ml.dicom.structures import Structure, structures
from ml.dicom.uids import derived_uid
from ml.imaging.volume import SourceSeries, Volume

SERIES_NUMBER = 9001


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What a segment is followed by over several visits."""

    id: str
    uid: str


def write_seg(
    labels: NDArray[Any],
    source: Volume,
    *,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "seg",
    incomplete: bool = False,
    table: Mapping[int, Structure] | None = None,
    title: str = "AI segmentation of the head",
    tracking: Mapping[int, Tracking] | None = None,
) -> Written:
    """Write ``labels`` (z, y, x; ids of ``ml.dicom.structures``, 0 = nothing) as a SEG.

    ``table`` says what the labels are where they are not the head's structures; ``title`` is the
    description of the series. ``tracking`` names labels that are followed by another identity than
    patient and structure, such as lesions.

    ``labels`` lie on the grid of ``source``, which was read from DICOM. Labels that the table does
    not name are left out; segments are numbered from 1 by ascending label, without the empty ones.
    Frames without a voxel are omitted. UIDs follow from ``run_id`` and ``key``.

    Raises:
        ValueError: the source is not from DICOM, the shapes differ, or no known label occurs.
    """
    if source.source is None:
        raise ValueError("a segmentation needs the DICOM series it belongs to")
    if labels.shape != source.array.shape:
        raise ValueError(f"labels {labels.shape} do not fit the source {source.array.shape}")
    known = structures() if table is None else table
    present = [label for label in np.unique(labels).tolist() if label in known]
    if not present:
        raise ValueError("the labels hold no known structure")
    segments = {label: number for number, label in enumerate(present, start=1)}
    headers = source_headers(source.source)
    dataset = hd.seg.Segmentation(
        source_images=headers,
        pixel_array=_in_frame_order(_numbered(labels, segments), source.source),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _description(known[label], number, algorithm, headers[0], (tracking or {}).get(label))
            for label, number in segments.items()
        ],
        series_instance_uid=derived_uid(run_id, f"{key}/series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(run_id, key),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        content_label="HEAD_STRUCTURES" if table is None else "LABELS",
        content_description="AI segmentation, not verified"
        + (" (INCOMPLETE)" if incomplete else ""),
        content_creator_name=f"{MANUFACTURER}^",
        series_description=("INCOMPLETE " if incomplete else "") + title,
        content_qualification="RESEARCH",
    )
    mark(dataset, source.source, algorithm)
    return save(dataset, path, segments)


def _numbered(labels: NDArray[Any], segments: dict[int, int]) -> NDArray[np.uint8]:
    table = np.zeros(int(labels.max()) + 1, dtype=np.uint8)
    for label, number in segments.items():
        table[label] = number
    numbered: NDArray[np.uint8] = table[np.maximum(labels, 0)]
    return numbered


def _in_frame_order(array: NDArray[np.uint8], source: SourceSeries) -> NDArray[np.uint8]:
    """Slices in the order in which the source's frames come (multi-frame objects keep theirs)."""
    if not source.frame_numbers[0]:
        return array
    return array[np.argsort(source.frame_numbers)]


def _description(
    item: Structure,
    number: int,
    algorithm: Algorithm,
    header: Dataset,
    tracking: Tracking | None,
) -> hd.seg.SegmentDescription:
    identification = hd.AlgorithmIdentificationSequence(
        name=algorithm.name[:64],
        family=ARTIFICIAL_INTELLIGENCE,
        version=algorithm.version[:64],
        source=MANUFACTURER,
    )
    identification[0].AlgorithmParameters = algorithm.parameter_text
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=item.name,
        segmented_property_category=item.category,
        segmented_property_type=item.code,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=identification,
        tracking_uid=tracking.uid if tracking else tracking_uid(header, item.label),
        tracking_id=tracking.id if tracking else tracking_id(item),
        display_color=hd.color.CIELabColor.from_rgb(*item.colour),
    )
    # The one place of a segment for a number of ours: the viewer colours and finds by it.
    own = tracking is None and item.label in structures()
    kind = "FreeSurfer label" if own else "Label"
    description.SegmentDescription = f"{kind} {item.label}"
    if item.side_code is not None:
        property_type = description.SegmentedPropertyTypeCodeSequence[0]
        property_type.SegmentedPropertyTypeModifierCodeSequence = [code_item(item.side_code)]
    return description
