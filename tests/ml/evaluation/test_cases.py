"""Pairs by name, grids, subjects."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.contracts.errors import InputRefused
from ml.evaluation.cases import CaseRefused, entries, fingerprint, require_same_grid
from ml.evaluation.subjects import age_band, attributes_of, subgroups
from ml.imaging.volume import Volume
from tests.factories.dicom import as_file, ct_slice


def make(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def test_names_and_subjects(tmp_path: Path) -> None:
    folder = make(tmp_path, "sub-01_ses-2_ct.nii.gz", "case7.nii", ".hidden.nii", "notes.txt")
    found = entries(folder)
    assert {name: entry.subject for name, entry in found.items()} == {
        "case7": "case7",
        "sub-01_ses-2_ct": "sub-01",
    }


def test_two_files_of_one_name_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="more than one"):
        entries(make(tmp_path / "a", "x.nii", "x.nii.gz"))
    with pytest.raises(InputRefused, match="holds no"):
        entries(make(tmp_path / "b", "x.txt"))
    with pytest.raises(InputRefused, match="no folder"):
        entries(tmp_path / "c")


def test_the_fingerprint_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = make(tmp_path, "a.nii", "b.nii")
    first = fingerprint("data", entries(folder).values())
    assert first == fingerprint("data", entries(folder).values())
    (folder / "b.nii").write_bytes(b"other")
    assert first != fingerprint("data", entries(folder).values())


def test_another_grid_is_refused_by_name_and_survives_a_process() -> None:
    array = np.zeros((2, 3, 4))
    volume = Volume(array=array, affine=np.eye(4))
    require_same_grid(volume, Volume(array=array, affine=np.eye(4)), "x.nii")
    moved = np.eye(4)
    moved[0, 3] = 1
    with pytest.raises(CaseRefused, match=r"x\.nii.*grid") as caught:
        require_same_grid(Volume(array=array, affine=moved), volume, "x.nii")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.file, again.reason) == (caught.value.file, caught.value.reason)
    with pytest.raises(CaseRefused, match="shape"):
        require_same_grid(Volume(array=array[:1], affine=np.eye(4)), volume, "x.nii")


@pytest.mark.parametrize(
    ("age", "band"),
    [("67", "65-119"), ("045Y", "40-64"), ("018M", "0-17"), ("18", "18-39"), ("old", "unknown")],
)
def test_ages_are_put_into_bands(age: str, band: str) -> None:
    assert age_band(age) == band


def test_subgroups_come_from_the_table(tmp_path: Path) -> None:
    folder = make(tmp_path / "ref", "sub-1.nii", "sub-2.nii", "sub-3.nii")
    table = tmp_path / "subjects.csv"
    table.write_text("subject,scanner,age,site\nsub-1,A,30,x\nsub-2,A,70,x\nsub-3,,71,x\n")
    attributes = attributes_of(entries(folder).values(), table)
    assert subgroups(attributes) == {
        "scanner=A": {"sub-1", "sub-2"},
        "scanner=unknown": {"sub-3"},
        "age=18-39": {"sub-1"},
        "age=65-119": {"sub-2", "sub-3"},
    }


def test_a_table_without_subjects_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "ref", "sub-1.nii")
    table = tmp_path / "subjects.csv"
    table.write_text("person,age\n1,2\n")
    with pytest.raises(InputRefused, match="subject"):
        attributes_of(entries(folder).values(), table)


def test_scanner_contrast_and_age_come_from_the_headers_of_a_series(tmp_path: Path) -> None:
    scanned: dict[str, dict[str, Any]] = {
        "sub-01": {"Modality": "MR", "Manufacturer": "Acme", "ScanningSequence": "GR"},
        "sub-02": {"Manufacturer": "Acme", "ContrastBolusAgent": "Iodine", "PatientAge": "071Y"},
        "sub-03": {"PatientAge": "009M"},
    }
    for name, tags in scanned.items():
        (tmp_path / name).mkdir()
        for number in (1, 2):
            image = ct_slice(number=number, position=(0.0, 0.0, float(number)), **tags)
            (tmp_path / name / f"{number}.dcm").write_bytes(as_file(image))
    found = attributes_of(entries(tmp_path).values(), None)
    assert found["sub-01"]["contrast"] == "GR"
    assert found["sub-01"]["scanner"].startswith("Acme")
    assert (found["sub-02"]["contrast"], found["sub-02"]["age"]) == ("contrast medium", "65-119")
    assert (found["sub-03"]["contrast"], found["sub-03"]["age"]) == ("no contrast medium", "0-17")
    groups = subgroups(found)
    assert groups["scanner=Acme"] == {"sub-01", "sub-02"}
