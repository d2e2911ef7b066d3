"""Plan, dose and structures of a plan: valid, consistent with each other, and marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.read_rtdose import read_rtdose
from ml.dicom.read_rtstruct import read_rtstruct
from ml.dicom.roi_masks import mask_on
from ml.dicom.write_rtdose import write_rtdose
from ml.imaging.itk import from_itk
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.conformance.plans import (
    PLANNER,
    RUN,
    PlanObjects,
    hounsfield_grid_of_mr,
    some_dose,
    write_plan,
)
from tests.ml.dicom.series import grid, mr_volume


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> PlanObjects:
    return write_plan(tmp_path_factory.mktemp("plan"))


def test_every_object_is_valid(written: PlanObjects, tmp_path: Path) -> None:
    assert errors(written.structures.path) == []
    assert errors(written.plan.path) == []
    sixteen = write_rtdose(
        written.dose,
        written.image,
        plan_uid=written.plan.sop_instance_uid,
        algorithm=PLANNER,
        run_id=RUN,
        path=tmp_path / "rtdose.dcm",
        bits=16,
    )
    assert errors(sixteen.path) == []


def test_every_object_carries_the_marks(written: PlanObjects) -> None:
    for path in written.files:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        assert dataset.SyntheticData == "YES"  # they stand on a synthetic CT
        assert dataset.ContentQualification == "RESEARCH"
        (made_by,) = dataset.ContributingEquipmentSequence
        assert made_by.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"
        assert made_by.ManufacturerModelName == "plan_photons"
        assert "not approved" in dataset.SeriesDescription
        assert dataset.PatientID == "T1"
        assert dataset.FrameOfReferenceUID == written.image.source.frame_of_reference_uid  # type: ignore[union-attr]
        assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_objects_refer_to_each_other(written: PlanObjects) -> None:
    plan = pydicom.dcmread(written.plan.path)
    dose = pydicom.dcmread(written.written_dose.path)
    (structures,) = plan.ReferencedStructureSetSequence
    assert structures.ReferencedSOPInstanceUID == written.structures.sop_instance_uid
    (referenced,) = dose.ReferencedRTPlanSequence
    assert referenced.ReferencedSOPInstanceUID == plan.SOPInstanceUID
    target = plan.DoseReferenceSequence[0]
    rois = {r.number: r.name for r in read_rtstruct(written.structures.path).rois}
    assert rois[target.ReferencedROINumber] == "PTV"


def test_plan_cannot_be_taken_for_one_of_treatment(written: PlanObjects) -> None:
    plan = pydicom.dcmread(written.plan.path)
    assert (plan.PlanIntent, plan.ApprovalStatus) == ("RESEARCH", "UNAPPROVED")
    assert "cannot be delivered" in plan.RTPlanDescription
    for beam in plan.BeamSequence:
        assert beam.TreatmentDeliveryType == "SETUP"
        assert "FinalCumulativeMetersetWeight" not in beam
        assert all(point.CumulativeMetersetWeight is None for point in beam.ControlPointSequence)
    (group,) = plan.FractionGroupSequence
    assert all("BeamMeterset" not in beam for beam in group.ReferencedBeamSequence)


def test_plan_says_what_was_planned(written: PlanObjects) -> None:
    plan = pydicom.dcmread(written.plan.path)
    assert [beam.BeamNumber for beam in plan.BeamSequence] == [1, 2]
    point = plan.BeamSequence[1].ControlPointSequence[0]
    assert (point.GantryAngle, point.PatientSupportAngle) == (72, 0)
    assert list(point.IsocenterPosition) == [-16.1, -26.6, 18.5]
    (group,) = plan.FractionGroupSequence
    assert (group.NumberOfFractionsPlanned, group.NumberOfBeams) == (25, 2)
    assert plan.DoseReferenceSequence[0].TargetPrescriptionDose == 50


@pytest.mark.parametrize("bits", [16, 32])
def test_dose_comes_back(written: PlanObjects, tmp_path: Path, bits: int) -> None:
    path = tmp_path / "rtdose.dcm"
    write_rtdose(
        written.dose,
        written.image,
        plan_uid="1.2.3",
        algorithm=PLANNER,
        run_id=RUN,
        path=path,
        bits=32 if bits == 32 else 16,
    )
    dose = read_rtdose(path)
    step = float(written.dose.array.max()) / 2**bits
    assert np.abs(dose.volume.array - written.dose.array).max() <= max(step, 4e-6)
    highest = int(pydicom.dcmread(path).pixel_array.max())
    assert 2**bits - 10 <= highest < 2**bits
    assert (dose.volume.affine == written.dose.affine).all()
    assert (dose.units, dose.dose_type, dose.summation) == ("GY", "PHYSICAL", "PLAN")
    assert dose.plan_uid == "1.2.3"
    other = from_itk(sitk.ReadImage(str(path)))
    scaling = float(pydicom.dcmread(path).DoseGridScaling)
    assert np.allclose(other.array * scaling, dose.volume.array, rtol=1e-7, atol=0)
    assert np.allclose(other.affine, written.dose.affine)


def test_structures_of_the_plan_come_back(written: PlanObjects) -> None:
    structures = read_rtstruct(written.structures.path)
    target = mask_on(structures.roi("PTV"), written.image)
    assert target.mask.sum() == 2 * 4 * 4
    assert mask_on(structures.roi("BODY"), written.image).mask.all()


def test_dose_without_a_place_is_refused(written: PlanObjects, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(written.written_dose.path)
    dataset.GridFrameOffsetVector = [0, 4, 8, 13, 16]
    dataset.save_as(tmp_path / "uneven.dcm")
    with pytest.raises(InputRefused, match="evenly spaced"):
        read_rtdose(tmp_path / "uneven.dcm")
    dataset.GridFrameOffsetVector = [0, 4]
    dataset.save_as(tmp_path / "short.dcm")
    with pytest.raises(InputRefused, match="where they lie"):
        read_rtdose(tmp_path / "short.dcm")
    with pytest.raises(InputUnreadable, match="not a dose"):
        read_rtdose(written.plan.path)


@pytest.mark.parametrize("first", [0.0, 10.125])
@pytest.mark.parametrize("sign", [1, -1])
def test_offsets_in_either_form_and_order(
    written: PlanObjects, tmp_path: Path, first: float, sign: int
) -> None:
    """Planes may be listed downwards, and by their z instead of their offset."""
    dataset = pydicom.dcmread(written.written_dose.path)
    if sign < 0:
        dataset.PixelData = dataset.pixel_array[::-1].tobytes()
        dataset.ImagePositionPatient[2] = 10.125 + 16
    start = first and float(dataset.ImagePositionPatient[2])
    dataset.GridFrameOffsetVector = [start + sign * 4 * index for index in range(5)]
    dataset.save_as(tmp_path / "dose.dcm")
    volume = read_rtdose(tmp_path / "dose.dcm").volume
    assert (volume.affine == written.dose.affine).all()
    assert np.allclose(volume.array, written.dose.array, atol=1e-5)


def test_dose_on_a_real_image_of_a_synthetic_plan_is_marked(
    written: PlanObjects, tmp_path: Path
) -> None:
    real = mr_volume(tmp_path / "mr", hounsfield_grid_of_mr())
    for synthetic, mark in ((True, "YES"), (False, "NO")):
        result = write_rtdose(
            written.dose,
            real,
            plan_uid="1.2.3",
            algorithm=PLANNER,
            run_id=RUN,
            path=tmp_path / "dose.dcm",
            synthetic=synthetic,
        )
        assert pydicom.dcmread(result.path, stop_before_pixels=True).SyntheticData == mark


def test_impossible_dose_is_refused(written: PlanObjects, tmp_path: Path) -> None:
    def write(dose: Volume, image: Volume) -> None:
        write_rtdose(
            dose, image, plan_uid="1.2", algorithm=PLANNER, run_id=RUN, path=tmp_path / "d.dcm"
        )

    dose = some_dose()
    with pytest.raises(ValueError, match="negative"):
        write(dose.like(dose.array - 1), written.image)
    turned = Volume(array=dose.array, affine=dose.affine @ np.diag([1, 1, -1, 1]))
    with pytest.raises(ValueError, match="LPS"):
        write(turned, written.image)
    with pytest.raises(ValueError, match="DICOM series"):
        write(dose, grid())
    assert not (tmp_path / "d.dcm").exists()
