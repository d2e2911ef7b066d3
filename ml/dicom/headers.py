"""Headers of source images, made fit to be the parent of a new object.

Scanners and archives leave out or misspell what the standard asks for; a result must carry the
same patient and study, and be valid.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from ml.dicom.files import read_object
from ml.dicom.uids import derived_uid
from ml.imaging.volume import SourceSeries

# Type 2 of the patient and general study modules: must be there, may be empty.
PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
STUDY = ("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber")
# Carried on where present.
OPTIONAL = (
    "SpecificCharacterSet",
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "StudyDescription",
)
_TIME = re.compile(r"^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$")


def source_header(source: SourceSeries) -> Dataset:
    """The first of :func:`source_headers`, for what all objects of a series share."""
    return _repaired(source, source.files[0])


def source_headers(source: SourceSeries) -> list[Dataset]:
    """The header of each object of ``source`` (without pixels), repaired, in slice order; a
    multi-frame object comes once.

    Raises:
        InputUnreadable: a file is gone or damaged since it was read.
    """
    return [_repaired(source, file) for file in dict.fromkeys(source.files)]


def _repaired(source: SourceSeries, file: Path) -> Dataset:
    header: Dataset = read_object(file, pixels=False)
    repair(header)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        if not header.get(keyword):  # emptied by de-identification
            setattr(header, keyword, derived_uid(source.sop_instance_uids[0], keyword))
    _share_geometry(header)
    if not header.get("FrameOfReferenceUID"):
        header.FrameOfReferenceUID = derived_uid(source.series_uid, "frame-of-reference")
        header.PositionReferenceIndicator = ""
    return header


def _share_geometry(header: Dataset) -> None:
    """Put spacing and orientation, which some scanners repeat for every frame, where all frames
    share them (a volume has been made of them, so they are one and the same)."""
    frames = header.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        return
    if not header.get("SharedFunctionalGroupsSequence"):
        header.SharedFunctionalGroupsSequence = [Dataset()]
    shared = header.SharedFunctionalGroupsSequence[0]
    for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        if keyword not in shared and keyword in frames[0]:
            setattr(shared, keyword, frames[0][keyword].value)


def repair(header: Dataset) -> None:
    """Give ``header`` every attribute of the patient and study modules, emptying invalid ones."""
    for keyword in (*PATIENT, *STUDY):
        if keyword not in header:
            setattr(header, keyword, "")
    if header.PatientSex not in ("M", "F", "O", ""):
        header.PatientSex = ""
    for keyword in ("PatientBirthDate", "StudyDate"):
        if not _is_date(str(header.get(keyword) or "")):
            setattr(header, keyword, "")
    if not _TIME.match(str(header.StudyTime or "")):
        header.StudyTime = ""
    for keyword in ("ReferringPhysicianName", "StudyID", "AccessionNumber"):
        if header.get(keyword) is None:
            setattr(header, keyword, "")
    # Short strings (PS3.5 6.2), which archives fill beyond their 16 characters.
    for keyword in ("StudyID", "AccessionNumber"):
        setattr(header, keyword, str(header.get(keyword))[:16])


def study_module(header: Dataset) -> Dataset:
    """Patient and study of ``header`` alone, as a dataset to start a new object from."""
    module = Dataset()
    for keyword in (*OPTIONAL, *PATIENT, *STUDY, "StudyInstanceUID"):
        if keyword in header:
            module[keyword] = header[keyword]
        elif keyword not in OPTIONAL:
            module.add_new(keyword, dictionary_VR(keyword), "")
    return module


def _is_date(text: str) -> bool:
    if not text:
        return True
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return len(text) == 8
