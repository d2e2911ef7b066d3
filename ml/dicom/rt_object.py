"""What the radiotherapy objects made here have in common: study, series, equipment, marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from ml.dicom.headers import study_module
from ml.dicom.provenance import MANUFACTURER, Algorithm
from ml.dicom.uids import derived_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """What a new object of one instance says of itself; its UIDs follow from run and key."""

    sop_class: UID
    modality: str
    series_number: int
    description: str
    algorithm: Algorithm
    run_id: str
    key: str
    made_at: datetime


def object_template(header: Dataset, new: NewObject) -> FileDataset:
    """An object of the patient and study of ``header``, one to its series."""
    uid = UID(derived_uid(new.run_id, new.key))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = new.sop_class
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(derived_uid("implementation", "synoptic"))
    dataset = FileDataset("", study_module(header), file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"  # names of structures come in any language
    dataset.SOPClassUID, dataset.SOPInstanceUID = new.sop_class, uid
    dataset.Modality = new.modality
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = new.algorithm.name[:64]
    dataset.SoftwareVersions = new.algorithm.version[:64]
    dataset.StationName = "SYNOPTIC"
    dataset.OperatorsName = ""
    dataset.SeriesInstanceUID = derived_uid(new.run_id, f"{new.key}/series")
    dataset.SeriesNumber = new.series_number
    dataset.InstanceNumber = 1
    dataset.SeriesDescription = new.description[:64]
    dataset.ContentQualification = "RESEARCH"
    dataset.InstanceCreationDate = dataset.SeriesDate = f"{new.made_at:%Y%m%d}"
    dataset.InstanceCreationTime = dataset.SeriesTime = f"{new.made_at:%H%M%S}"
    return dataset


def reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    """An item that names another object."""
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item
