"""The sample studies that a first start brings: real head, simulated later visit, phantom CT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.contracts.errors import InputRefused
from ml.dicom.nifti import write_nifti
from ml.dicom.read import read_series
from ml.imaging.volume import Volume
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.samples import COLIN_PATH, colin_head, later_visit, write_samples
from tests.conformance.dciodvfy import errors

FOLDERS = {"colin-head": 181, "colin-head-18-months": 181, "phantom-head-ct": 40}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not COLIN_PATH.is_file():
        pytest.skip("no Colin 27: apt-get install mricron-data")
    out = tmp_path_factory.mktemp("samples")
    paths = write_samples(out)
    assert len(paths) == sum(FOLDERS.values())
    return out


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_each_sample_is_one_valid_regular_series(samples: Path, name: str) -> None:
    volume = read_series(samples / name)
    assert volume.shape[0] == FOLDERS[name]
    assert errors(samples / name / "0020.dcm") == []
    assert volume.source is not None
    assert volume.source.body_part == "HEAD"
    assert volume.source.synthetic == (name != "colin-head")


@pytest.mark.slow
def test_colin_is_written_unchanged(samples: Path) -> None:
    volume, head = read_series(samples / "colin-head"), colin_head()
    assert (volume.array == head.array).all()
    assert np.allclose(volume.affine, head.affine)


@pytest.mark.slow
def test_both_visits_are_one_patient_and_two_studies(samples: Path) -> None:
    first, later = (
        pydicom.dcmread(samples / name / "0001.dcm")
        for name in ("colin-head", "colin-head-18-months")
    )
    assert (first.PatientID, first.PatientName) == (later.PatientID, later.PatientName)
    assert "Sample" in str(first.PatientName)
    assert first.StudyInstanceUID != later.StudyInstanceUID
    assert (first.StudyDate, later.StudyDate) == ("19980615", "19991215")
    assert later.SeriesDescription.startswith("SYNTHETIC")
    assert later.SourceImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID


@pytest.mark.slow
def test_uids_never_change(samples: Path) -> None:
    """A changed UID would double the samples of everyone who starts a newer version."""
    uids = {name: pydicom.dcmread(samples / name / "0001.dcm").SOPInstanceUID for name in FOLDERS}
    assert uids == {
        "colin-head": "2.25.331350899476747278757706934056852196666",
        "colin-head-18-months": "2.25.243432946769397189727364106353237446983",
        "phantom-head-ct": "2.25.150614412595505338088383576531450326795",
    }


@pytest.mark.slow
def test_ventricles_of_the_later_visit_are_a_fifth_larger(samples: Path) -> None:
    first, later = (
        read_series(samples / name).array.astype(float)
        for name in ("colin-head", "colin-head-18-months")
    )
    # Bodies of both lateral ventricles: fluid lies half-way below grey matter.
    box = (slice(84, 106), slice(55, 140), slice(60, 120))
    sizes = [float((scan[box] < 60 * scale).sum()) for scan, scale in ((first, 1), (later, 4))]
    assert 1.10 < sizes[1] / sizes[0] < 1.30


@pytest.mark.slow
def test_later_visit_is_the_same_every_time(samples: Path) -> None:
    written = read_series(samples / "colin-head-18-months")
    assert (later_visit(read_series(samples / "colin-head")).array == written.array).all()


@pytest.mark.slow
def test_phantom_ct_has_bone_brain_and_air(samples: Path) -> None:
    scan = read_series(samples / "phantom-head-ct").array[26]
    assert scan[0, 0] < -950
    assert abs(float(np.median(scan[110:140, 60:90])) - 30) < 15
    assert (scan > 600).mean() > 0.02


def test_left_of_the_phantom_is_left() -> None:
    head = ellipsoid_head((40, 64, 64), (4.0, 3.6, 3.6))
    for left, right in ((2, 41), (4, 43), (17, 53), (8, 47)):
        assert head.point_lps((0, 0, _mean_x(head, left)))[0] > 0
        assert head.point_lps((0, 0, _mean_x(head, right)))[0] < 0


def _mean_x(head: Volume, label: int) -> float:
    return float(np.nonzero(head.array == label)[2].mean())


def test_missing_and_foreign_heads_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNOPTIC_COLIN_PATH", str(tmp_path / "none.nii.gz"))
    with pytest.raises(InputRefused, match="mricron-data"):
        write_samples(tmp_path / "out")
    other = Volume(array=np.zeros((4, 5, 6), np.uint8), affine=np.eye(4))
    write_nifti(other, tmp_path / "other.nii.gz")
    monkeypatch.setenv("SYNOPTIC_COLIN_PATH", str(tmp_path / "other.nii.gz"))
    with pytest.raises(InputRefused, match="not Colin 27"):
        write_samples(tmp_path / "out")
    assert not (tmp_path / "out").exists()
