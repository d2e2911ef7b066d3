"""Profiles of planning systems: what ours pass, and each demand broken one by one."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, MRImageStorage

from ml.dicom.approve import reviewed_copies
from ml.dicom.profiles.check import CHECKS, check_profile
from ml.dicom.profiles.load import Demand, Profile, load_profile, profile_names
from tests.conformance.plans import write_plan
from tests.conformance.test_approve import REVIEW


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Dataset]:
    folder = tmp_path_factory.mktemp("case")
    plan = write_plan(folder)
    copies = reviewed_copies(plan.files, folder / "approved", REVIEW)
    paths = [*sorted((folder / "sct").iterdir()), *(copy.path for copy in copies)]
    return [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]


@pytest.fixture
def case(written: list[Dataset]) -> list[Dataset]:
    return deepcopy(written)


@pytest.mark.parametrize("name", profile_names())
def test_an_approved_case_passes_every_profile(case: list[Dataset], name: str) -> None:
    profile = load_profile(name)
    assert check_profile(case, profile) == []
    assert profile.title
    assert all(demand.why.endswith(".") for demand in profile.demands)


def test_profiles_of_products_say_where_it_is_written() -> None:
    assert {"generic", "strict"} < set(profile_names())
    inherited = load_profile("generic").demands
    for name in set(profile_names()) - {"generic", "strict"}:
        own = [demand for demand in load_profile(name).demands if demand not in inherited]
        assert own
        assert all(demand.source for demand in own)


def of(case: list[Dataset], modality: str) -> Dataset:
    return next(header for header in case if header.Modality == modality)


def rename_roi(case: list[Dataset], name: str) -> None:
    of(case, "RTSTRUCT").StructureSetROISequence[0].ROIName = name


BROKEN: dict[str, tuple[str, str, Callable[[list[Dataset]], object]]] = {
    "an MR": ("generic", "not taken: MR Image",
        lambda c: setattr(c[0], "SOPClassUID", MRImageStorage)),
    "compressed": ("generic", "JPEG 2000",
        lambda c: setattr(c[0].file_meta, "TransferSyntaxUID", JPEG2000Lossless)),
    "oblique": ("generic", "not transverse",
        lambda c: setattr(c[2], "ImageOrientationPatient", [1, 0, 0, 0, 0.99, 0.14])),
    "no orientation": ("generic", "not transverse",
        lambda c: delattr(c[2], "ImageOrientationPatient")),
    "a slice missing": ("generic", "evenly spaced", lambda c: c.pop(2)),
    "a slice twice": ("generic", "evenly spaced", lambda c: c.append(deepcopy(c[0]))),
    "oblong": ("generic", "oblong (1.000 × 2.000",
        lambda c: setattr(c[0], "PixelSpacing", [1, 2])),
    "no spacing": ("generic", "oblong", lambda c: delattr(c[0], "PixelSpacing")),
    "no place": ("generic", "evenly spaced", lambda c: delattr(c[0], "ImagePositionPatient")),
    "large": ("generic", "513 rows", lambda c: setattr(c[0], "Rows", 513)),
    "not HU": ("generic", "RescaleType is not HU", lambda c: setattr(c[0], "RescaleType", "US")),
    "feet first": ("generic", "PatientPosition", lambda c: setattr(c[0], "PatientPosition", "FFS")),
    "no scanner": ("generic", "StationName is empty (CT)",
        lambda c: setattr(c[0], "StationName", "")),
    "two patients": ("generic", "one PatientID", lambda c: setattr(c[0], "PatientID", "T2")),
    "two frames": ("generic", "one FrameOfReferenceUID",
        lambda c: setattr(of(c, "RTDOSE"), "FrameOfReferenceUID", "1.2.3")),
    "dose alone": ("generic", "A dose refers to a plan", lambda c: c.remove(of(c, "RTPLAN"))),
    "no images": ("generic", "Contours refer to images", lambda c: c.__delitem__(slice(0, 6))),
    "a long name": ("strict", "ROIName is up to 20", lambda c: rename_roi(c, "R" * 20)),
    "an umlaut": ("strict", "ROIName holds characters", lambda c: rename_roi(c, "Schädel")),
    "no study id": ("varian_eclipse", "StudyID is empty", lambda c: setattr(c[0], "StudyID", "")),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_each_demand_is_found_broken(case: list[Dataset], what: str) -> None:
    name, reason, change = BROKEN[what]
    change(case)
    found = check_profile(case, load_profile(name))
    assert any(reason in sentence for sentence in found), found
    assert not any("T1" in sentence or "T2" in sentence for sentence in found)


def test_long_decimal_strings_are_found(case: list[Dataset], tmp_path: Path) -> None:
    structures = of(case, "RTSTRUCT")
    contour = structures.ROIContourSequence[0].ContourSequence[0]
    contour.ContourData = ["19.034504652023315", "1", "2"]
    found = check_profile(case, load_profile("varian_eclipse"))
    assert any("decimal string" in sentence for sentence in found)


def test_too_many_slices_are_found(case: list[Dataset]) -> None:
    most = Demand(check="max_slices", value=5, why="For the test.")
    profile = Profile(name="test", title="Test", about="", demands=(most,))
    assert check_profile(case, profile) == ["There are 6 slices; 5 are taken. For the test."]


def test_a_site_has_profiles_of_its_own(case: list[Dataset], tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        'title = "Ours"\nabout = "A test."\nextends = "generic"\n'
        '[[demands]]\ncheck = "max_matrix"\nvalue = 4\nwhy = "Small."\n'
    )
    profile = load_profile("ours", tmp_path)
    assert [d.value for d in profile.demands if d.check == "max_matrix"] == [4]
    assert len(profile.demands) == len(load_profile("generic").demands)
    assert check_profile(case, profile) == [
        "Images have up to 10 rows or columns; 4 are taken. Small."
    ]


def test_what_is_no_profile_is_refused(case: list[Dataset], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no profile 'nobody'"):
        load_profile("nobody")
    (tmp_path / "bad.toml").write_text('title = "x"\n[[demands]]\ncheck = "equal"\n')
    with pytest.raises(ValueError, match="is not one"):
        load_profile("bad", tmp_path)
    unknown = Demand(check="colour", value=1, why="No.")
    with pytest.raises(ValueError, match="no check 'colour'"):
        check_profile(case, Profile(name="x", title="", about="", demands=(unknown,)))


def test_every_check_is_used() -> None:
    used = {demand.check for name in profile_names() for demand in load_profile(name).demands}
    assert used == set(CHECKS)
