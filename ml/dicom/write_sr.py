"""Volumes of structures as a measurement report (TID 1500, Comprehensive 3D SR)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import highdicom as hd
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
from ml.dicom.structures import Structure, structure, structures
from ml.dicom.uids import derived_uid
from ml.imaging.volume import Volume

SERIES_NUMBER = 9002
VOLUME = codes.SCT.Volume
MILLILITRE = Code("ml", "UCUM", "milliliter")
# The image's own procedure code is rarely there; CID 646 names the two by modality.
_PROCEDURES = {
    "MR": Code("24590-2", "LN", "Brain MRI"),
    "CT": Code("24725-4", "LN", "Head CT"),
}


def write_measurements_sr(
    volumes: Mapping[int, float],
    source: Volume,
    seg: Written,
    *,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "sr-measurements",
    incomplete: bool = False,
) -> Written:
    """Write the volume in ml of each label as one measurement group of a TID 1500 report.

    A group names the structure and its side, its tracking identifier (stable over time points)
    and the segment of ``seg`` it was measured in. Labels that ``seg`` does not hold are left out.

    Raises:
        ValueError: ``source`` is not from DICOM, or nothing is left to report.
    """
    if source.source is None:
        raise ValueError("a measurement report needs the DICOM series it belongs to")
    measured = [label for label in sorted(volumes) if label in seg.segments]
    if not measured:
        raise ValueError("none of the measured structures is in the segmentation")
    headers = source_headers(source.source)
    seg_object = read_object(seg.path, pixels=False)
    groups = [
        _group(structure(label), volumes[label], seg, algorithm, headers[0])
        for label in measured
        if label in structures()
    ]
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=_observer(algorithm)),
        procedure_reported=_procedure(source.source.modality),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    dataset = hd.sr.Comprehensive3DSR(
        evidence=[*headers, seg_object],
        content=content,
        series_instance_uid=derived_uid(run_id, f"{key}/series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(run_id, key),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=False,
        is_final=False,
        is_verified=False,
        series_description=("INCOMPLETE " if incomplete else "") + "AI volumes of head structures",
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        content_qualification=None,
    )
    mark(dataset, source.source, algorithm)
    return save(dataset, path)


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


def _procedure(modality: str) -> Code:
    unknown: Code = codes.SCT.ImagingProcedure
    return _PROCEDURES.get(modality, unknown)


def _group(
    item: Structure, volume_ml: float, seg: Written, algorithm: Algorithm, header: Dataset
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    segment = hd.sr.ReferencedSegment(
        sop_class_uid=seg.sop_class_uid,
        sop_instance_uid=seg.sop_instance_uid,
        segment_number=seg.segments[item.label],
        source_series=hd.sr.SourceSeriesForSegmentation(header.SeriesInstanceUID),
    )
    site = hd.sr.FindingSite(anatomic_location=item.code, laterality=item.side_code)
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=tracking_uid(header, item.label), identifier=tracking_id(item)
        ),
        referenced_segment=segment,
        finding_type=item.code,
        finding_sites=[site],
        algorithm_id=hd.sr.AlgorithmIdentification(
            name=algorithm.name,
            version=algorithm.version,
            parameters=[algorithm.parameter_text],
            family=ARTIFICIAL_INTELLIGENCE,
            manufacturer=MANUFACTURER,
        ),
        measurements=[hd.sr.Measurement(name=VOLUME, value=round(volume_ml, 4), unit=MILLILITRE)],
    )
