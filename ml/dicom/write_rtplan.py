"""A photon plan of research as an RT Plan object (PS3.3 A.20).

The plan is a fluence per bixel of each beam, which has not been sequenced into leaf positions: no
machine can deliver it. The object says so wherever it can, so that it is not taken for a plan of
treatment: Plan Intent RESEARCH, not approved, no monitor units and no meterset weights, and every
beam of Treatment Delivery Type SETUP (no treatment beam is applied), with open jaws around the
bixels as its only shape. Where the beams stand, what is prescribed and which structures were
planned on is stated in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage

from ml.dicom.headers import source_header
from ml.dicom.image_series import decimal
from ml.dicom.provenance import Algorithm, Written, mark, save
from ml.dicom.rt_object import NewObject, object_template, reference
from ml.dicom.uids import derived_uid
from ml.imaging.volume import Volume

SERIES_NUMBER = 9012
NOT_DELIVERABLE = (
    "Research plan made by software, not approved. Its fluence has not been sequenced: it holds "
    "no monitor units and cannot be delivered."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonBeam:
    """One beam: angles of gantry and couch (IEC 61217, degrees), isocentre in LPS mm, and the
    opening of the jaws (x1, x2, y1, y2) at the isocentre in mm that holds all its bixels.
    ``weight`` is its share of the fluence; ``bixels`` their number."""

    number: int
    name: str
    gantry_deg: float
    couch_deg: float
    isocentre_lps: tuple[float, float, float]
    jaws_mm: tuple[float, float, float, float] = (-100.0, 100.0, -100.0, 100.0)
    weight: float | None = None
    bixels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """Dose in Gy over all fractions, and what it is prescribed to: the number of an ROI of the
    structure set and how (``"50 % of PTV receives 50 Gy"``)."""

    dose_gy: float
    fractions: int
    roi_number: int
    text: str


def write_rtplan(
    beams: Sequence[PhotonBeam],
    prescription: Prescription,
    source: Volume,
    structures: Written,
    *,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "rtplan",
    name: str = "",
    label: str = "SYNOPTIC",
    machine: str = "Generic photon",
    energy_mv: float = 6.0,
    source_axis_mm: float = 1000.0,
    synthetic: bool = False,
    made_at: datetime | None = None,
) -> Written:
    """Write the plan made on the image ``source`` and the structure set ``structures``.

    ``synthetic`` marks a plan that stands on synthetic pixels although ``source`` does not. UIDs
    follow from ``run_id`` and ``key``.

    Raises:
        ValueError: ``source`` is not from DICOM, there is no beam, or two of them share a number,
            or dose or number of fractions is not positive.
    """
    if source.source is None:
        raise ValueError("a plan needs the DICOM series it was made on")
    if not beams or len({beam.number for beam in beams}) != len(beams):
        raise ValueError("a plan needs beams of different numbers")
    if prescription.dose_gy <= 0 or prescription.fractions < 1:
        raise ValueError("a plan needs a prescription")
    moment = made_at or datetime.now(UTC)
    header = source_header(source.source)
    new = NewObject(
        sop_class=RTPlanStorage,
        modality="RTPLAN",
        series_number=SERIES_NUMBER,
        description="Research plan, not approved",
        algorithm=algorithm,
        run_id=run_id,
        key=key,
        made_at=moment,
    )
    dataset = object_template(header, new)
    dataset.FrameOfReferenceUID = header.FrameOfReferenceUID
    dataset.PositionReferenceIndicator = ""
    dataset.RTPlanLabel = label[:16]
    dataset.RTPlanName = name[:64]
    dataset.RTPlanDescription = NOT_DELIVERABLE
    dataset.RTPlanDate, dataset.RTPlanTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    dataset.PlanIntent = "RESEARCH"
    dataset.RTPlanGeometry = "PATIENT"
    dataset.ReferencedStructureSetSequence = [
        reference(structures.sop_class_uid, structures.sop_instance_uid)
    ]
    dataset.PrescriptionDescription = prescription.text
    dose_uid = derived_uid(run_id, f"{key}/dose-reference")
    dataset.DoseReferenceSequence = [_dose_reference(prescription, dose_uid)]
    dataset.FractionGroupSequence = [_fraction_group(prescription, beams)]
    dataset.PatientSetupSequence = [_patient_setup()]
    dataset.BeamSequence = [_beam(b, machine, energy_mv, source_axis_mm) for b in beams]
    dataset.ApprovalStatus = "UNAPPROVED"
    mark(dataset, source.source, algorithm)
    if synthetic:
        dataset.SyntheticData = "YES"
    return save(dataset, path)


def _dose_reference(prescription: Prescription, uid: str) -> Dataset:
    item = Dataset()
    item.DoseReferenceNumber = 1
    item.DoseReferenceUID = uid
    item.DoseReferenceStructureType = "VOLUME"
    item.DoseReferenceDescription = prescription.text[:64]
    item.ReferencedROINumber = prescription.roi_number
    item.DoseReferenceType = "TARGET"
    item.TargetPrescriptionDose = decimal(prescription.dose_gy)
    return item


def _fraction_group(prescription: Prescription, beams: Sequence[PhotonBeam]) -> Dataset:
    item = Dataset()
    item.FractionGroupNumber = 1
    item.FractionGroupDescription = (
        f"{prescription.fractions} × {prescription.dose_gy / prescription.fractions:.3g} Gy"
    )
    item.NumberOfFractionsPlanned = prescription.fractions
    item.NumberOfBeams = len(beams)
    item.NumberOfBrachyApplicationSetups = 0
    item.ReferencedBeamSequence = []
    for beam in beams:
        referenced = Dataset()
        referenced.ReferencedBeamNumber = beam.number
        item.ReferencedBeamSequence.append(referenced)
    return item


def _patient_setup() -> Dataset:
    item = Dataset()
    item.PatientSetupNumber = 1
    item.PatientPosition = "HFS"
    return item


def _beam(beam: PhotonBeam, machine: str, energy_mv: float, source_axis_mm: float) -> Dataset:
    item = Dataset()
    item.BeamNumber = beam.number
    item.BeamName = beam.name[:64]
    item.BeamDescription = _description(beam)
    item.BeamType = "STATIC"
    item.RadiationType = "PHOTON"
    item.TreatmentMachineName = machine[:16]
    item.SourceAxisDistance = decimal(source_axis_mm)
    item.BeamLimitingDeviceSequence = [_jaw_pair("ASYMX"), _jaw_pair("ASYMY")]
    item.ReferencedPatientSetupNumber = 1
    item.TreatmentDeliveryType = "SETUP"
    for device in ("Wedges", "Compensators", "Boli", "Blocks"):
        setattr(item, f"NumberOf{device}", 0)
    item.NumberOfControlPoints = 2
    end = Dataset()
    end.ControlPointIndex = 1
    end.CumulativeMetersetWeight = None
    item.ControlPointSequence = [_control_point(beam, energy_mv), end]
    return item


def _description(beam: PhotonBeam) -> str:
    parts = ["Fluence not sequenced, not deliverable."]
    if beam.bixels is not None:
        parts.append(f"{beam.bixels} bixels.")
    if beam.weight is not None:
        parts.append(f"{100 * beam.weight:.1f} % of the fluence.")
    return " ".join(parts)


def _jaw_pair(kind: str) -> Dataset:
    item = Dataset()
    item.RTBeamLimitingDeviceType = kind
    item.NumberOfLeafJawPairs = 1
    return item


def _control_point(beam: PhotonBeam, energy_mv: float) -> Dataset:
    item = Dataset()
    item.ControlPointIndex = 0
    item.NominalBeamEnergy = decimal(energy_mv)
    x1, x2, y1, y2 = (decimal(value) for value in beam.jaws_mm)
    item.BeamLimitingDevicePositionSequence = [Dataset(), Dataset()]
    for pair, kind, opening in zip(
        item.BeamLimitingDevicePositionSequence,
        ("ASYMX", "ASYMY"),
        ([x1, x2], [y1, y2]),
        strict=True,
    ):
        pair.RTBeamLimitingDeviceType = kind
        pair.LeafJawPositions = opening
    for axis, angle in (
        ("Gantry", beam.gantry_deg),
        ("BeamLimitingDevice", 0.0),
        ("PatientSupport", beam.couch_deg),
        ("TableTopEccentric", 0.0),
    ):
        setattr(item, f"{axis}Angle", decimal(angle % 360))
        setattr(item, f"{axis}RotationDirection", "NONE")
    item.TableTopVerticalPosition = None
    item.TableTopLongitudinalPosition = None
    item.TableTopLateralPosition = None
    item.IsocenterPosition = [decimal(value) for value in beam.isocentre_lps]
    item.CumulativeMetersetWeight = None
    return item
