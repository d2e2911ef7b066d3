"""The quality report of a plan: SR, PDF, and the PDF as an object."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from ml.dicom.qa.content import number
from ml.dicom.qa.pdf import Subject, subject_of, write_qa_pdf
from ml.dicom.qa.pdf_object import write_encapsulated_pdf
from ml.dicom.qa.sr import write_qa_sr
from tests.conformance.dciodvfy import errors
from tests.conformance.plan_json import plan_json
from tests.conformance.plans import MOMENT, PLANNER, RUN, PlanObjects, write_plan
from tests.ml.dicom.series import grid

SUBJECT = Subject(patient_id="T1", study_date="2020-03-04")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> PlanObjects:
    return write_plan(tmp_path_factory.mktemp("plan"))


def write_sr(plan: PlanObjects, path: Path, content: dict[str, Any]) -> Dataset:
    written = write_qa_sr(
        content,
        plan.image,
        references=[plan.structures, plan.plan, plan.written_dose],
        algorithm=PLANNER,
        run_id=RUN,
        path=path,
    )
    assert errors(written.path) == []
    return pydicom.dcmread(written.path)


def children(item: Dataset, code: str) -> list[Dataset]:
    return [
        child
        for child in item.get("ContentSequence", ())
        if child.ConceptNameCodeSequence[0].CodeValue == code
    ]


def test_sr_is_valid_unverified_and_refers_to_the_plan(plan: PlanObjects, tmp_path: Path) -> None:
    report = write_sr(plan, tmp_path / "qa.dcm", plan_json())
    assert report.SOPClassUID.name == "Comprehensive 3D SR Storage"
    assert (report.CompletionFlag, report.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    assert report.PreliminaryFlag == "PRELIMINARY"
    assert report.SyntheticData == "YES"
    about = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in children(report, "subject")
    }
    assert about == {
        plan.structures.sop_instance_uid,
        plan.plan.sop_instance_uid,
        plan.written_dose.sop_instance_uid,
    }
    (comment,) = children(report, "121106")
    assert "Not approved for treatment" in comment.TextValue


def test_sr_holds_every_check_constraint_and_index(plan: PlanObjects, tmp_path: Path) -> None:
    content = plan_json()
    report = write_sr(plan, tmp_path / "qa.dcm", content)
    (checks,) = children(report, "checks")
    assert len(checks.ContentSequence) == len(content["checks"])
    (contour,) = children(checks, "check-4")
    assert children(contour, "status")[0].TextValue == "WARN"
    measured = children(contour, "figure")[0].MeasuredValueSequence[0]
    assert float(measured.NumericValue) == 2.31
    assert measured.MeasurementUnitsCodeSequence[0].CodeValue == "%"
    assert not children(children(checks, "check-1")[0], "figure")
    (indices,) = children(report, "indices")
    first = indices.ContentSequence[0]
    values = {
        key: float(children(first, key)[0].MeasuredValueSequence[0].NumericValue)
        for key in ("plan", "reference", "bulk", "lower", "upper")
    }
    assert values == {"plan": 47.9, "reference": 47.5, "bulk": 47.8, "lower": 46.4, "upper": 49.4}
    (constraints,) = children(report, "constraints")
    assert children(constraints.ContentSequence[1], "status")[0].TextValue == "FAIL"
    (gamma,) = children(report, "gamma")
    assert float(gamma.ContentSequence[0].MeasuredValueSequence[0].NumericValue) == 93.2


def test_sr_of_a_plan_without_a_reference(plan: PlanObjects, tmp_path: Path) -> None:
    content = plan_json()
    for key in ("gamma", "constraints", "warnings", "dvh"):
        content[key] = []
    content["hu_error"] = None
    content["indices"] = [{"structure": "PTV", "metric": "D95", "unit": "Gy", "plan": 47.9,
                           "reference": None, "bulk": float("nan")}]  # fmt: skip
    report = write_sr(plan, tmp_path / "qa.dcm", content)
    assert not children(report, "gamma")
    (index,) = children(report, "indices")[0].ContentSequence
    assert children(index, "plan")
    assert not children(index, "bulk")
    assert not children(index, "reference")


def text_of(pdf: Path) -> bytes:
    """The pages' drawing commands."""
    content = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf.read_bytes(), re.DOTALL):
        try:
            content += zlib.decompress(a85decode(stream.strip(), adobe=False))
        except (ValueError, zlib.error):
            try:
                content += zlib.decompress(a85decode(b"<~" + stream.strip(), adobe=True))
            except (ValueError, zlib.error):
                continue
    return content


def test_pdf_has_pages_pictures_and_the_same_bytes_twice(tmp_path: Path) -> None:
    picture = tmp_path / "contour.png"
    matplotlib.image.imsave(picture, np.random.default_rng(0).uniform(size=(40, 60)))
    with_picture = write_qa_pdf(
        plan_json(), SUBJECT, tmp_path / "a.pdf", pictures={"picture-contour": picture}
    )
    again = write_qa_pdf(
        plan_json(), SUBJECT, tmp_path / "b.pdf", pictures={"picture-contour": picture}
    )
    without = write_qa_pdf(plan_json(), SUBJECT, tmp_path / "c.pdf")
    assert with_picture.read_bytes() == again.read_bytes()
    assert b"/Image" in with_picture.read_bytes()
    assert b"/Subtype /Image" not in without.read_bytes()
    for path in (with_picture, without):
        pages = len(re.findall(rb"/Type /Page\b", path.read_bytes()))
        assert 1 <= pages <= 3
        # Only document properties: the patient is named on the pages alone.
        assert b"(T1" not in path.read_bytes()


def test_pdf_draws_a_curve_for_each_dose_and_a_band(tmp_path: Path) -> None:
    content = plan_json()
    full = text_of(write_qa_pdf(content, SUBJECT, tmp_path / "full.pdf"))
    content["dvh"] = [curve for curve in content["dvh"] if curve["dose"] == "plan"]
    plain = text_of(write_qa_pdf(content, SUBJECT, tmp_path / "plain.pdf"))
    content["dvh"] = []
    empty = text_of(write_qa_pdf(content, SUBJECT, tmp_path / "empty.pdf"))
    # Each curve holds 121 points; a band the points of two curves.
    lines = [len(re.findall(rb" l\b", text)) for text in (full, plain, empty)]
    assert lines[1] - lines[2] >= 3 * 120
    assert lines[0] - lines[1] >= 3 * (120 + 240)


def test_pdf_of_the_least_that_a_plan_can_hold(tmp_path: Path) -> None:
    template = plan_json()["template"]
    path = write_qa_pdf({"template": template}, SUBJECT, tmp_path / "least.pdf")
    assert path.read_bytes().startswith(b"%PDF-")


def test_subject_is_patient_and_date_alone(plan: PlanObjects) -> None:
    assert subject_of(plan.image) == SUBJECT
    with pytest.raises(ValueError, match="DICOM series"):
        subject_of(grid())


def test_pdf_as_an_object(plan: PlanObjects, tmp_path: Path) -> None:
    pdf = write_qa_pdf(plan_json(), SUBJECT, tmp_path / "qa.pdf")
    written = write_encapsulated_pdf(
        pdf,
        plan.image,
        title="Quality report of a research plan",
        algorithm=PLANNER,
        run_id=RUN,
        path=tmp_path / "qa.dcm",
        made_at=MOMENT,
    )
    assert errors(written.path) == []
    dataset = pydicom.dcmread(written.path)
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == pdf.read_bytes()
    assert (dataset.SyntheticData, dataset.ContentQualification) == ("YES", "RESEARCH")
    (tmp_path / "no.pdf").write_text("<html>")
    with pytest.raises(ValueError, match="not a PDF"):
        write_encapsulated_pdf(
            tmp_path / "no.pdf",
            plan.image,
            title="x",
            algorithm=PLANNER,
            run_id=RUN,
            path=tmp_path / "x.dcm",
        )


@pytest.mark.parametrize(
    ("value", "text"), [(-4.2, "−4.20"), (0.413, "0.41"), (53.0, "53.0"), (123.4, "123")]
)
def test_figures_are_written_with_three_digits(value: float, text: str) -> None:
    assert number(value) == text
