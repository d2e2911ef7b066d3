"""``python -m ml simulate``: files whose truth agrees with them, and valid, marked DICOM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest

from ml.__main__ import main
from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.read import read_series
from ml.imaging.volume import Volume
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.rendering import RENDERINGS
from ml.simulate.scenarios import SCENARIOS
from tests.conformance.dciodvfy import errors

SPACING = (4.0, 4.0, 4.0)


@pytest.fixture(scope="module")
def label_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "head.nii.gz"
    write_nifti(ellipsoid_head((54, 52, 42), SPACING), path)
    return path


@pytest.fixture(scope="module")
def tumour(label_map: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tumour")
    words = ["simulate", "tumour", "--out", str(out), "--labels", str(label_map), "--seed", "2"]
    assert main(words) == 0
    return out


def _truth(out: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    return truth


def test_every_series_of_every_scenario_is_known() -> None:
    for scenario in SCENARIOS.values():
        assert set(scenario.series) <= set(RENDERINGS)
        assert scenario.days[0] == 0
        assert scenario.name.replace("-", "").isalnum()


def test_scenarios_are_listed_and_an_unknown_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in SCENARIOS)
    assert main(["simulate", "unknown", "--out", str(tmp_path)]) == 1
    assert "tumour" in capsys.readouterr().err
    assert main(["simulate", "tumour"]) == 1


def test_what_is_no_label_map_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "image.nii.gz"
    write_nifti(Volume(array=np.full((4, 5, 6), 999, np.int16), affine=np.eye(4)), path)
    words = ["simulate", "healthy", "--out", str(tmp_path / "out"), "--labels", str(path)]
    assert main(words) == 3
    assert "key does not name" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_truth_agrees_with_the_files(tumour: Path) -> None:
    truth = _truth(tumour)
    assert truth["seed"] == 2
    assert truth["units"]["hounsfield"] == "HU"
    voxel_ml = float(np.prod(truth["spacing_mm_zyx"])) / 1000
    for visit in truth["visits"]:
        folder = tumour / "nifti" / f"day-{visit['day']:g}"
        lesions = read_nifti(folder / "lesions.nii.gz").array
        labels = read_nifti(folder / "labels.nii.gz").array
        for lesion in visit["lesions"]:
            assert int((lesions == lesion["id"]).sum()) == lesion["voxels"]
        white = visit["volumes_ml"]["2"]
        assert white["name"] == "left cerebral white matter"
        assert white["ml"] == pytest.approx((labels == 2).sum() * voxel_ml, rel=0.04)
        assert read_nifti(folder / "t1_ms.nii.gz").array.max() < 6000
        assert read_nifti(folder / "hounsfield.nii.gz").array.min() == -1000
    sizes = [sum(item["ml"] for item in visit["lesions"]) for visit in truth["visits"]]
    assert sizes[1] > sizes[0] > 1


def test_displacement_is_a_vector_image_in_mm(tumour: Path) -> None:
    image: Any = nib.load(tumour / "nifti" / "day-120" / "displacement.nii.gz")
    assert image.shape == (48, 58, 60, 1, 3)  # 12 mm of air on every side
    assert image.header.get_intent()[0] == "vector"
    longest = float(np.linalg.norm(np.asarray(image.dataobj), axis=-1).max())
    assert longest == pytest.approx(
        _truth(tumour)["visits"][1]["largest_displacement_mm"], abs=1e-3
    )
    assert longest > 0.3


def test_dicom_is_valid_and_marked_synthetic(tumour: Path) -> None:
    for day in ("day-0", "day-120"):
        folder = tumour / "dicom" / day
        for series in ("t1w-mprage", "t2w-tse", "flair"):
            path = folder / series / "0020.dcm"
            assert errors(path) == []
            image = pydicom.dcmread(path)
            assert image.SyntheticData == "YES"
            assert image.SeriesDescription.startswith("SYNTHETIC")
            assert list(image.ImageType) == ["DERIVED", "SECONDARY", "AXIAL", "SYNTHETIC"]
            assert image.ContentQualification == "RESEARCH"
            made_by = image.ContributingEquipmentSequence[0]
            assert made_by.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
        for name in ("seg-structures", "seg-lesions", "rtstruct"):
            path = folder / f"{name}.dcm"
            assert errors(path) == []
            result = pydicom.dcmread(path)
            assert result.SyntheticData == "YES"
            first = pydicom.dcmread(folder / "t1w-mprage" / "0001.dcm")
            assert result.StudyInstanceUID == first.StudyInstanceUID
            assert result.FrameOfReferenceUID == first.FrameOfReferenceUID


def test_lesions_are_coded_segments_and_target_volumes(tumour: Path) -> None:
    folder = tumour / "dicom" / "day-120"
    seg = pydicom.dcmread(folder / "seg-lesions.dcm")
    names = {
        s.SegmentLabel: s.SegmentedPropertyTypeCodeSequence[0].CodeValue
        for s in seg.SegmentSequence
    }
    assert names == {"tumour core 1": "108369006", "tumour oedema 2": "79654002"}
    rois = pydicom.dcmread(folder / "rtstruct.dcm").StructureSetROISequence
    assert {"External", "Brain", "Brainstem", "Eyes", "GTV", "CTV"} <= {r.ROIName for r in rois}


def test_visits_are_studies_of_one_patient_and_their_frames_differ(tumour: Path) -> None:
    first, later = (
        pydicom.dcmread(tumour / "dicom" / day / "flair" / "0001.dcm")
        for day in ("day-0", "day-120")
    )
    assert first.PatientID == later.PatientID
    assert first.StudyInstanceUID != later.StudyInstanceUID
    assert first.FrameOfReferenceUID != later.FrameOfReferenceUID
    assert (first.StudyDate, later.StudyDate) == ("20200106", "20200505")


def test_same_command_same_bytes(label_map: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        words = ["simulate", "ct", "--labels", str(label_map), "--as-is", "--out"]
        assert main([*words, str(tmp_path / name)]) == 0
    paths = [
        p
        for p in (tmp_path / "a" / "dicom").rglob("*.dcm")
        if p.parent.name in {"ct", "t1w-mprage"}
    ]
    assert len(paths) == 2 * 54
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    truth = [(tmp_path / name / "truth.json").read_bytes() for name in ("a", "b")]
    assert truth[0] == truth[1]
    ct = read_series(tmp_path / "a" / "dicom" / "day-0" / "ct")
    written = read_nifti(tmp_path / "a" / "nifti" / "day-0" / "ct.nii.gz")
    assert np.abs(ct.array - written.array).max() <= 0.5
    assert np.allclose(ct.affine, written.affine, atol=1e-3)
    assert (_truth(tmp_path / "a")["anatomy"]["varied"]) is False
    assert errors(tmp_path / "a" / "dicom" / "day-0" / "ct" / "0020.dcm") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {"tumour", "ct", "healthy"}))
def test_every_scenario_writes_a_valid_study(name: str, tmp_path: Path) -> None:
    small = tmp_path / "head.nii.gz"
    write_nifti(ellipsoid_head((28, 26, 22), (8.0, 8.0, 8.0)), small)
    assert main(["simulate", name, "--labels", str(small), "--out", str(tmp_path)]) == 0
    truth = _truth(tmp_path)
    assert [visit["day"] for visit in truth["visits"]] == list(SCENARIOS[name].days)
    for day in (tmp_path / "dicom").iterdir():
        for path in (*day.glob("*/0003.dcm"), *day.glob("*.dcm")):
            assert errors(path) == []
            assert pydicom.dcmread(path).SyntheticData == "YES"


def test_the_samples_are_a_scenario_without_a_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--list"]) == 0
    assert "samples" in capsys.readouterr().out
    assert main(["simulate", "samples", "--seed", "3", "--out", str(tmp_path)]) == 1
    assert "no seed" in capsys.readouterr().err


@pytest.mark.realdata
def test_the_anatomy_of_a_real_person_becomes_a_patient(realdata: Path, tmp_path: Path) -> None:
    """At 3 mm, for time; undeformed, so that what is true can be counted in the label map."""
    found = read_nifti(realdata / "synthseg-labels" / "training_seg_02.nii.gz")
    affine = found.affine @ np.diag([3.0, 3.0, 3.0, 1.0])
    coarse = Volume(array=found.array[::3, ::3, ::3].astype(np.int16), affine=affine)
    write_nifti(coarse, tmp_path / "head.nii.gz")
    words = ["simulate", "ct", "--labels", str(tmp_path / "head.nii.gz"), "--as-is"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    volumes = _truth(tmp_path / "out")["visits"][0]["volumes_ml"]
    for label_id in (2, 3, 4, 17, 41, 53):
        counted = float((coarse.array == label_id).sum()) * coarse.voxel_ml
        assert volumes[str(label_id)]["ml"] == pytest.approx(counted, rel=0.05)
    scan = read_series(tmp_path / "out" / "dicom" / "day-0" / "ct")
    assert scan.spacing == pytest.approx((3.0, 3.0, 3.0))
    assert float(np.percentile(scan.array, 99.5)) > 700  # bone
