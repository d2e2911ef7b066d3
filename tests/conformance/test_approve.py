"""Objects of a plan after a person's decision: new, valid, and consistent with each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest

from ml.dicom.approve import Review, reviewed_copies
from ml.dicom.provenance import Written
from tests.conformance.dciodvfy import errors
from tests.conformance.plans import PlanObjects, write_plan

REVIEW = Review(
    decision_id="decision-1",
    status="APPROVED",
    reviewer="Åsa Physicist",
    at=datetime(2026, 3, 5, 9, 8, 7, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> PlanObjects:
    return write_plan(tmp_path_factory.mktemp("plan"))


@pytest.fixture
def copies(plan: PlanObjects, tmp_path: Path) -> list[Written]:
    return reviewed_copies(plan.files, tmp_path / "approved", REVIEW)


def test_copies_are_valid_and_say_who_approved(plan: PlanObjects, copies: list[Written]) -> None:
    for copy in copies[:2]:
        assert errors(copy.path) == []
        dataset = pydicom.dcmread(copy.path)
        assert dataset.ApprovalStatus == "APPROVED"
        assert (dataset.ReviewDate, dataset.ReviewTime) == ("20260305", "090807")
        assert dataset.ReviewerName == "Åsa Physicist^"
    for original, copy in zip(plan.files, copies, strict=True):
        old, new = pydicom.dcmread(original), pydicom.dcmread(copy.path)
        assert (new.StudyInstanceUID, new.PatientID) == (old.StudyInstanceUID, old.PatientID)
        assert new.SOPInstanceUID != old.SOPInstanceUID
        assert new.SeriesInstanceUID != old.SeriesInstanceUID
        assert "not approved" not in new.SeriesDescription
        assert (new.SyntheticData, new.ContentQualification) == ("YES", "RESEARCH")
        assert old.get("ApprovalStatus", "UNAPPROVED") == "UNAPPROVED"


def test_copies_refer_to_each_other_and_to_what_they_replace(
    plan: PlanObjects, copies: list[Written]
) -> None:
    structures, approved, dose = (pydicom.dcmread(copy.path) for copy in copies)
    (used,) = approved.ReferencedStructureSetSequence
    assert used.ReferencedSOPInstanceUID == structures.SOPInstanceUID
    (of_plan,) = dose.ReferencedRTPlanSequence
    assert of_plan.ReferencedSOPInstanceUID == approved.SOPInstanceUID
    (before,) = approved.ReferencedRTPlanSequence
    assert before.ReferencedSOPInstanceUID == plan.plan.sop_instance_uid
    assert before.RTPlanRelationship == "PREDECESSOR"
    (drawn_before,) = structures.PredecessorStructureSetSequence
    assert drawn_before.ReferencedSOPInstanceUID == plan.structures.sop_instance_uid
    assert approved.PlanIntent == "RESEARCH"
    assert "cannot be delivered" in approved.RTPlanDescription
    contour = structures.ROIContourSequence[0].ContourSequence[0]
    image = plan.image.source
    assert image is not None
    assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID in image.sop_instance_uids


def test_same_decision_gives_the_same_objects(
    plan: PlanObjects, copies: list[Written], tmp_path: Path
) -> None:
    again = reviewed_copies(plan.files, tmp_path / "again", REVIEW)
    assert [a.path.read_bytes() for a in again] == [c.path.read_bytes() for c in copies]
    other = reviewed_copies(
        plan.files, tmp_path / "other", replace(REVIEW, decision_id="decision-2")
    )
    assert not {o.sop_instance_uid for o in other} & {c.sop_instance_uid for c in copies}


def test_rejection_is_written_too(plan: PlanObjects, tmp_path: Path) -> None:
    (copy,) = reviewed_copies([plan.plan.path], tmp_path, replace(REVIEW, status="REJECTED"))
    assert errors(copy.path) == []
    assert pydicom.dcmread(copy.path).ApprovalStatus == "REJECTED"


def test_what_cannot_be_decided_on_is_refused(
    plan: PlanObjects, copies: list[Written], tmp_path: Path
) -> None:
    assert plan.image.source is not None
    with pytest.raises(ValueError, match="CT Image Storage is not reviewed"):
        reviewed_copies([plan.image.source.files[0]], tmp_path, REVIEW)
    with pytest.raises(ValueError, match="already"):
        reviewed_copies([copies[1].path], tmp_path / "x", REVIEW)
    with pytest.raises(ValueError, match="time zone"):
        reviewed_copies(plan.files, tmp_path / "x", replace(REVIEW, at=datetime(2026, 1, 1)))  # noqa: DTZ001
    with pytest.raises(ValueError, match="file names"):
        reviewed_copies([plan.plan.path, plan.plan.path], tmp_path / "x", REVIEW)
    assert not (tmp_path / "x").exists()
