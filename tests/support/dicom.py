"""A small MR head as DICOM files, made up here."""

from __future__ import annotations

import io

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage


def head_series(
    *, slices: int = 6, size: int = 32, root: str = "1.2.826.0.1.3680043.10.1", **tags: str
) -> tuple[str, list[bytes]]:
    """Series UID and the files of a regular axial series."""
    series = f"{root}.2"
    files = []
    for number in range(slices):
        plane = Dataset()
        plane.SOPClassUID, plane.SOPInstanceUID = MRImageStorage, f"{root}.3.{number + 1}"
        plane.StudyInstanceUID, plane.SeriesInstanceUID = f"{root}.1", series
        plane.FrameOfReferenceUID = f"{root}.4"
        plane.PatientID, plane.PatientName = "TEST-1", "Test^Head"
        plane.PatientBirthDate, plane.PatientSex = "19700101", "O"
        plane.StudyDate, plane.StudyTime, plane.StudyID = "20260101", "120000", "1"
        plane.AccessionNumber = plane.ReferringPhysicianName = ""
        plane.Modality, plane.BodyPartExamined = "MR", "HEAD"
        plane.SeriesDescription, plane.SeriesNumber = "T1 axial", 1
        plane.InstanceNumber = number + 1
        plane.ImageType = ["ORIGINAL", "PRIMARY", "M"]
        plane.ImagePositionPatient = [0.0, 0.0, float(number) * 2]
        plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        plane.PixelSpacing, plane.SliceThickness = [1.0, 1.0], 2.0
        plane.Rows = plane.Columns = size
        plane.SamplesPerPixel, plane.PhotometricInterpretation = 1, "MONOCHROME2"
        plane.BitsAllocated = plane.BitsStored = 16
        plane.HighBit, plane.PixelRepresentation = 15, 0
        plane.PixelData = np.full((size, size), number, np.uint16).tobytes()
        for keyword, value in tags.items():
            setattr(plane, keyword, value)
        files.append(_file(plane))
    return series, files


def _file(plane: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = plane.SOPClassUID
    meta.MediaStorageSOPInstanceUID = UID(plane.SOPInstanceUID)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plane.file_meta = meta
    out = io.BytesIO()
    pydicom.dcmwrite(out, plane, enforce_file_format=True)
    return out.getvalue()
