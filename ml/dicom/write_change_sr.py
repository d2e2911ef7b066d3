"""Two visits in one measurement report (TID 1500): lesions and structures, tracked, with the time
point of each figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import highdicom as hd
from highdicom.sr import (
    MeasurementsAndQualitativeEvaluations,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.dicom.files import read_object
from ml.dicom.headers import source_headers
from ml.dicom.provenance import (
    ARTIFICIAL_INTELLIGENCE,
    MANUFACTURER,
    Algorithm,
    Written,
    mark,
    save,
    tracking_id,
    tracking_uid,
)
from ml.dicom.structures import structure
from ml.dicom.uids import derived_uid
from ml.dicom.write_sr import MILLILITRE, VOLUME
from ml.imaging.volume import Volume

SERIES_NUMBER: Final = 9032
SCHEME: Final = "99SYNOPTIC"
LESION: Final = Code("52988006", "SCT", "Lesion")
BRAIN: Final = Code("12738006", "SCT", "Brain")
STATE: Final = Code("lesion-state", SCHEME, "Change of the lesion since the base")
VISITS: Final = ("base", "follow-up")

Visit = Literal[0, 1]
Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations
_BOTH: Final[tuple[Visit, Visit]] = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionFigures:
    """One lesion: its tracking UID and name, its state as a word, and at the base and the
    follow-up its volume in ml and its label in the SEG of that visit (0 where it is not there)."""

    track: str
    name: str
    state: str
    ml: tuple[float, float]
    labels: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoVisits:
    """Base and follow-up: their images, the SEG of each where there is one, and the volumes in ml
    of the structures of the head by label."""

    images: tuple[Volume, Volume]
    segs: tuple[Written | None, Written | None] = (None, None)
    volumes: tuple[dict[int, float], dict[int, float]] = field(default_factory=lambda: ({}, {}))


def write_change_sr(
    lesions: Sequence[LesionFigures],
    visits: TwoVisits,
    *,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "sr-measurements",
) -> Written:
    """Write one measurement group for each lesion and structure at each visit.

    The groups of one lesion share its tracking UID; they name the segment where the SEG of the
    visit has one. The report is PARTIAL, UNVERIFIED and PRELIMINARY.

    Raises:
        ValueError: an image is not from DICOM, or there is nothing to report.
    """
    base, follow = (image.source for image in visits.images)
    if base is None or follow is None:
        raise ValueError("a measurement report needs the DICOM series it belongs to")
    headers = [source_headers(source) for source in (base, follow)]
    groups = [
        group
        for visit in _BOTH
        for group in (
            *_lesions(lesions, visits.segs[visit], visit, headers[visit][0], algorithm),
            *_structures(visits.volumes[visit], visit, headers[visit][0], algorithm),
        )
    ]
    if not groups:
        raise ValueError("there is nothing to report")
    segs = [read_object(seg.path, pixels=False) for seg in visits.segs if seg is not None]
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=_observer(algorithm)),
        procedure_reported=Code("24590-2", "LN", "Brain MRI"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    dataset = hd.sr.Comprehensive3DSR(
        evidence=[*headers[0], *headers[1], *segs],
        content=content,
        series_instance_uid=derived_uid(run_id, f"{key}/series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(run_id, key),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=False,
        is_final=False,
        is_verified=False,
        series_description="AI measurements of two visits",
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        content_qualification=None,
    )
    dataset.CodingSchemeIdentificationSequence = [_private_scheme()]
    mark(dataset, base, algorithm)
    if follow.synthetic:
        dataset.SyntheticData = "YES"
    return save(dataset, path)


def _lesions(
    lesions: Sequence[LesionFigures],
    seg: Written | None,
    visit: Visit,
    header: Dataset,
    algorithm: Algorithm,
) -> Iterator[Group]:
    for lesion in lesions:
        told: dict[str, Any] = {
            "tracking_identifier": hd.sr.TrackingIdentifier(
                uid=lesion.track, identifier=lesion.name
            ),
            "finding_type": LESION,
            "finding_sites": [hd.sr.FindingSite(anatomic_location=BRAIN)],
            "measurements": [_volume(lesion.ml[visit])],
            "qualitative_evaluations": [_state(lesion.state)],
            "time_point_context": _time_point(visit, header),
            "algorithm_id": _algorithm(algorithm),
        }
        label = lesion.labels[visit]
        if seg is None or label not in seg.segments:
            yield MeasurementsAndQualitativeEvaluations(**told)
            continue
        segment = hd.sr.ReferencedSegment(
            sop_class_uid=seg.sop_class_uid,
            sop_instance_uid=seg.sop_instance_uid,
            segment_number=seg.segments[label],
            source_series=hd.sr.SourceSeriesForSegmentation(header.SeriesInstanceUID),
        )
        yield VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=segment, **told)


def _structures(
    volumes: dict[int, float], visit: Visit, header: Dataset, algorithm: Algorithm
) -> Iterator[Group]:
    for label, amount in sorted(volumes.items()):
        item = structure(label)
        site = hd.sr.FindingSite(anatomic_location=item.code, laterality=item.side_code)
        yield MeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(
                uid=tracking_uid(header, label), identifier=tracking_id(item)
            ),
            finding_type=item.code,
            finding_sites=[site],
            measurements=[_volume(amount)],
            time_point_context=_time_point(visit, header),
            algorithm_id=_algorithm(algorithm),
        )


def _volume(amount_ml: float) -> hd.sr.Measurement:
    return hd.sr.Measurement(name=VOLUME, value=round(amount_ml, 4), unit=MILLILITRE)


def _state(word: str) -> hd.sr.QualitativeEvaluation:
    return hd.sr.QualitativeEvaluation(
        name=STATE, value=Code(f"lesion-{word}"[:16], SCHEME, word.capitalize())
    )


def _time_point(visit: Visit, header: Dataset) -> hd.sr.TimePointContext:
    date = str(header.get("StudyDate") or "")
    return hd.sr.TimePointContext(
        time_point=date or VISITS[visit], time_point_type=None, time_point_order=visit + 1
    )


def _algorithm(algorithm: Algorithm) -> hd.sr.AlgorithmIdentification:
    return hd.sr.AlgorithmIdentification(
        name=algorithm.name,
        version=algorithm.version,
        parameters=[algorithm.parameter_text],
        family=ARTIFICIAL_INTELLIGENCE,
        manufacturer=MANUFACTURER,
    )


def _observer(algorithm: Algorithm) -> hd.sr.ObserverContext:
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=algorithm.device_uid,
            name=algorithm.name,
            manufacturer_name=MANUFACTURER,
            model_name=algorithm.name,
            serial_number=algorithm.serial_number,
        ),
    )


def _private_scheme() -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = "Synoptic's concepts"
    item.CodingSchemeResponsibleOrganization = MANUFACTURER
    return item
