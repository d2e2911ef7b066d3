"""A second opinion on what we write, from dicom-validator and the standard's own tables.

It counts attributes (missing, empty, not of the object), also in the RT Dose of 32 bits on which
dciodvfy dies. Structured reports and multi-frame objects are left to dciodvfy: the tables say of
neither which items a value type or a functional group asks for.
"""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from ml.dicom.approve import reviewed_copies
from ml.dicom.qa.pdf import subject_of, write_qa_pdf
from ml.dicom.qa.pdf_object import write_encapsulated_pdf
from tests.conformance.plan_json import plan_json
from tests.conformance.plans import PLANNER, RUN, PlanObjects, write_plan
from tests.conformance.standard import violations
from tests.conformance.test_approve import REVIEW


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plan")


@pytest.fixture(scope="module")
def plan(folder: Path) -> PlanObjects:
    return write_plan(folder)


def test_images_hold_what_the_standard_asks(plan: PlanObjects, folder: Path) -> None:
    assert violations(folder / "sct" / "0001.dcm") == []
    assert violations(folder / "mr" / "0001.dcm") == []


def test_plan_objects_hold_what_the_standard_asks(plan: PlanObjects, tmp_path: Path) -> None:
    for path in plan.files:
        assert violations(path) == []
    for copy in reviewed_copies(plan.files, tmp_path, REVIEW):
        assert violations(copy.path) == []


def test_encapsulated_pdf_holds_what_the_standard_asks(plan: PlanObjects, tmp_path: Path) -> None:
    pdf = write_qa_pdf(plan_json(), subject_of(plan.image), tmp_path / "qa.pdf")
    written = write_encapsulated_pdf(
        pdf, plan.image, title="Report", algorithm=PLANNER, run_id=RUN, path=tmp_path / "qa.dcm"
    )
    assert violations(written.path) == []


@pytest.mark.parametrize(
    ("keyword", "value", "found"),
    [
        ("DoseUnits", None, "(3004,0002) TagMissing"),
        ("PatientName", None, "(0010,0010) TagMissing"),
        ("DoseGridScaling", "", "(3004,000E) TagEmpty"),
        ("ReferencedRTPlanSequence", None, "(300C,0002) TagMissing"),
        ("EchoTime", "12", "(0018,0081) TagUnexpected"),
    ],
)
def test_what_is_wrong_is_found(
    plan: PlanObjects, tmp_path: Path, keyword: str, value: str | None, found: str
) -> None:
    dataset = pydicom.dcmread(plan.written_dose.path)
    if value is None:
        delattr(dataset, keyword)
    else:
        setattr(dataset, keyword, value)
    dataset.save_as(tmp_path / "wrong.dcm")
    assert any(found in violation for violation in violations(tmp_path / "wrong.dcm"))
