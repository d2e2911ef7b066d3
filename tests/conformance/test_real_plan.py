"""A real patient's headers and structures through all writers: archives misspell what made-up
headers do not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.dicom.approve import reviewed_copies
from ml.dicom.headers import source_headers
from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.profiles.check import check_profile
from ml.dicom.profiles.load import load_profile, profile_names
from ml.dicom.read import read_series
from ml.dicom.read_rtstruct import read_rtstruct
from ml.dicom.roi_masks import check_frame, mask_on
from ml.dicom.transverse import transverse
from ml.dicom.write_image import write_ct
from ml.dicom.write_rtdose import write_rtdose
from ml.dicom.write_rtplan import PhotonBeam, Prescription, write_rtplan
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.conformance.plans import MOMENT, NETWORK, PLANNER, RUN
from tests.conformance.standard import violations
from tests.conformance.test_approve import REVIEW

pytestmark = pytest.mark.realdata


def test_real_patient_from_mr_to_approved_case(realdata: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(realdata / "dicom" / "STS_048_CT_MR_PET_RTSTRUCT.zip") as packed:
        packed.extractall(tmp_path)
    mr = read_series(tmp_path / "STS_048" / "MR_T1" / "image")
    assert transverse(mr).reason == ""
    source = mr.source
    assert source is not None
    assert source.frame_of_reference_uid is not None
    hounsfield = np.clip(mr.array.astype(np.float64) / 4 - 500, -1024, 1500).astype(np.int16)
    images = write_ct(
        mr.like(hounsfield),
        tmp_path / "sct",
        study=source_headers(source)[0],
        series=NewSeries(
            series_uid="2.25.48",
            frame_of_reference_uid=source.frame_of_reference_uid,
            number=9020,
            description="CT",
            body_part=source.body_part,
            taken_at=MOMENT,
        ),
        generated=Generated(
            algorithm=NETWORK, derivation="For a test.", source=source, geometry_preserved=True
        ),
    )
    sct = read_series(tmp_path / "sct")
    assert (sct.array == hounsfield).all()
    assert np.allclose(sct.affine, mr.affine, rtol=0, atol=1e-9)
    drawn = read_rtstruct(tmp_path / "STS_048" / "MR_T1" / "mask")
    check_frame(drawn, sct)
    target = mask_on(drawn.rois[0], sct).mask
    objects = tmp_path / "objects"
    structures = write_rtstruct(
        [Region(name="GTV", mask=target, interpreted_type="GTV")],
        sct,
        algorithm=PLANNER,
        run_id=RUN,
        path=objects / "rtstruct.dcm",
    )
    assert (mask_on(read_rtstruct(structures.path).rois[0], sct).mask == target).all()
    plan = write_rtplan(
        [PhotonBeam(number=1, name="B1", gantry_deg=0, couch_deg=0, isocentre_lps=(30, 40, -250))],
        Prescription(dose_gy=50, fractions=25, roi_number=1, text="50 % of GTV receives 50 Gy"),
        sct,
        structures,
        algorithm=PLANNER,
        run_id=RUN,
        path=objects / "rtplan.dcm",
    )
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = mr.affine[:3, 3]
    dose = write_rtdose(
        Volume(array=np.full((46, 35, 37), 20.0, np.float32), affine=affine),
        sct,
        plan_uid=plan.sop_instance_uid,
        algorithm=PLANNER,
        run_id=RUN,
        path=objects / "rtdose.dcm",
    )
    copies = reviewed_copies([structures.path, plan.path, dose.path], tmp_path / "ok", REVIEW)
    for path in (images[0], *(copy.path for copy in copies)):
        assert violations(path) == []
    for path in (images[0], copies[0].path, copies[1].path):
        assert errors(path) == []
    case = [
        pydicom.dcmread(path, stop_before_pixels=True)
        for path in (*images, *(copy.path for copy in copies))
    ]
    assert {name: check_profile(case, load_profile(name)) for name in profile_names()} == {
        name: [] for name in profile_names()
    }
