"""The marks that every object made here carries: who made it, how, and that it is AI-made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.dicom.structures import Structure
from ml.dicom.uids import derived_uid
from ml.imaging.volume import SourceSeries

MANUFACTURER = "Synoptic"
# Their series modules do not know the attribute.
_WITHOUT_BODY_PART = ("SR", "RTSTRUCT", "RTPLAN", "RTDOSE", "DOC")
# CID 7162: the family of the algorithm.
ARTIFICIAL_INTELLIGENCE = codes.DCM.ArtificialIntelligence


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """What made a result: model name and version, digest of its weights, parameters of the run."""

    name: str
    version: str
    weights_sha256: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def device_uid(self) -> str:
        """One UID per version and weights of the algorithm."""
        return derived_uid("algorithm", f"{self.name}\0{self.version}\0{self.weights_sha256}")

    @property
    def serial_number(self) -> str:
        """A serial number for the equipment module: the version's weights in short."""
        return self.weights_sha256[:16] or self.version

    @property
    def parameter_text(self) -> str:
        """Parameters and weights digest as JSON."""
        return json.dumps(
            {**self.parameters, "weights_sha256": self.weights_sha256}, sort_keys=True, default=str
        )

    @property
    def description(self) -> str:
        """One line for a ContributionDescription: name, version, weights."""
        weights = f", weights sha256 {self.weights_sha256}" if self.weights_sha256 else ""
        return f"{self.name} {self.version}{weights}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One object on disk. ``segments`` maps a label to its segment number (SEG only)."""

    path: Path
    sop_class_uid: str
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    segments: Mapping[int, int] = field(default_factory=dict)


def equipment(algorithm: Algorithm, *, generated: bool, made_at: datetime | None = None) -> Dataset:
    """An item of the Contributing Equipment Sequence (PS3.3 C.12.1).

    ``generated``: the pixels are synthetic (109100), else only processed (109102).
    """
    purpose: Code = codes.DCM.SynthesizingEquipment if generated else codes.DCM.ProcessingEquipment
    moment = made_at or datetime.now(UTC)
    item: Dataset = hd.ContributingEquipment(
        manufacturer=MANUFACTURER,
        purpose_of_reference=purpose,
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        contribution_datetime=moment,
        contribution_description=algorithm.description,
    )
    item.DeviceUID = algorithm.device_uid
    return item


def mark(dataset: Dataset, source: SourceSeries, algorithm: Algorithm) -> None:
    """Mark an object derived (not generated) from ``source``: what processed it, and whether the
    pixels it stands on are synthetic."""
    dataset.SyntheticData = "YES" if source.synthetic else "NO"
    if source.body_part and dataset.Modality not in _WITHOUT_BODY_PART:
        dataset.BodyPartExamined = source.body_part
    add_equipment(dataset, algorithm)


def add_equipment(dataset: Dataset, algorithm: Algorithm) -> None:
    """Add ``algorithm`` to what contributed to ``dataset``."""
    items = list(dataset.get("ContributingEquipmentSequence", []))
    dataset["ContributingEquipmentSequence"] = DataElement(
        "ContributingEquipmentSequence", "SQ", [*items, equipment(algorithm, generated=False)]
    )


def tracking_uid(header: Dataset, label: int) -> str:
    """The tracking UID of a structure: the same for one patient at every time point."""
    patient = str(header.get("PatientID") or "") or str(header.StudyInstanceUID)
    return derived_uid(
        f"tracking\0{header.get('IssuerOfPatientID') or ''}\0{patient}", f"label-{label}"
    )


def tracking_id(item: Structure) -> str:
    return f"Synoptic {item.name}"


def code_item(code: Code) -> Dataset:
    """``code`` as an item of a code sequence."""
    concept: Dataset = hd.sr.CodedConcept.from_code(code)
    return concept


def save(dataset: Dataset, path: Path, segments: Mapping[int, int] | None = None) -> Written:
    """Write ``dataset`` to ``path`` and say what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return Written(
        path=path,
        sop_class_uid=str(dataset.SOPClassUID),
        study_uid=str(dataset.StudyInstanceUID),
        series_uid=str(dataset.SeriesInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        segments=segments or {},
    )
