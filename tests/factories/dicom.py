"""DICOM files made on the spot: small, valid, and each of its own identifiers unless given."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


@dataclass(frozen=True, kw_only=True)
class SeriesFiles:
    study_uid: str
    series_uid: str
    files: list[bytes]
    sop_uids: list[str] = field(default_factory=list)


def ct_slice(*, number: int, position: Sequence[float], size: int = 16, **tags: Any) -> Dataset:
    """One CT slice. Its voxels hold its number, so that the order of slices shows."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        "PatientID": "TEST-1",
        "PatientName": "Test^Patient",
        "PatientBirthDate": "19600102",
        "PatientSex": "F",
        "StudyDate": "20240305",
        "StudyTime": "101112",
        "StudyDescription": "CT head",
        "AccessionNumber": "ACC-77",
        "StudyID": "1",
        "Modality": "CT",
        "SeriesNumber": 3,
        "SeriesDescription": "axial",
        "InstanceNumber": number,
        "ImagePositionPatient": list(position),
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.75],
        "SliceThickness": 1,
        "Rows": size,
        "Columns": size,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
    }
    for keyword, value in {**values, **tags}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    if "Rows" in dataset:
        dataset.PixelData = np.full((dataset.Rows, dataset.Columns), number, "<i2").tobytes()
    return dataset


def as_file(dataset: Dataset) -> bytes:
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def ct_series(
    slices: int = 4, *, positions: Sequence[Sequence[float]] | None = None, **tags: Any
) -> SeriesFiles:
    """A regular axial series, sent from the head down: the opposite of its order in space."""
    shared = {
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        **tags,
    }
    places = positions or [(0.0, 0.0, float(slices - 1 - i)) for i in range(slices)]
    datasets = [
        ct_slice(number=i, position=place, **shared) for i, place in enumerate(places, start=1)
    ]
    return SeriesFiles(
        study_uid=str(shared["StudyInstanceUID"]),
        series_uid=str(shared["SeriesInstanceUID"]),
        files=[as_file(dataset) for dataset in datasets],
        sop_uids=[str(dataset.SOPInstanceUID) for dataset in datasets],
    )
