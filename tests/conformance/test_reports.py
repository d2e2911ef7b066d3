"""Draft reports against the standard, and what they say of themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom as hd
import pydicom
import pytest
from pydicom.dataset import Dataset

from ml.contracts.errors import InputUnreadable
from ml.contracts.events import Evidence
from ml.contracts.report import ReportSentence
from ml.dicom.write_report import write_report
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.conformance.subjects import document, evidence
from tests.ml.dicom.series import mr_volume


@pytest.fixture
def image(tmp_path: Path) -> Volume:
    return mr_volume(tmp_path / "image")


def texts(dataset: Dataset) -> list[tuple[str, str, list[str], list[str]]]:
    """Section, text, images and comments of each sentence of a report."""
    found = []
    for section in dataset.ContentSequence:
        if section.ValueType != "CONTAINER":
            continue
        heading = section.ConceptNameCodeSequence[0].CodeValue
        for item in section.ContentSequence:
            children = item.get("ContentSequence", [])
            images = [
                child.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                for child in children
                if child.ValueType == "IMAGE" and child.RelationshipType == "INFERRED FROM"
            ]
            comments = [child.TextValue for child in children if child.ValueType == "TEXT"]
            found.append((heading, item.TextValue, images, comments))
    return found


def test_draft_report_is_valid_and_says_what_it_is(image: Volume, tmp_path: Path) -> None:
    assert image.source is not None
    path = write_report(
        document(image), source_dir=tmp_path / "image", out_path=tmp_path / "out" / "r.dcm"
    )
    assert errors(path) == []
    dataset = pydicom.dcmread(path)
    uids = image.source.sop_instance_uids
    assert texts(dataset) == [
        ("121070", "The left hippocampus measures 3.5 cm³.", [uids[2]], ["Written by AI"]),
        ("121070", "Unsure.", [], ["Written by AI", "Not linked to evidence in the images"]),
        ("121072", "Größe normal.", [uids[2], uids[3]], ["Written by AI"]),
    ]
    assert (dataset.CompletionFlag, dataset.VerificationFlag, dataset.PreliminaryFlag) == (
        "PARTIAL",
        "UNVERIFIED",
        "PRELIMINARY",
    )
    assert [author.ObserverType for author in dataset.AuthorObserverSequence] == ["DEV"]
    assert "AI draft" in dataset.SeriesDescription
    assert dataset.StudyInstanceUID == image.source.study_uid
    assert isinstance(hd.sr.srread(path), hd.sr.EnhancedSR)


def test_evidence_in_images_that_are_not_there_is_left_out(image: Volume, tmp_path: Path) -> None:
    (sentence, *_) = document(image).sentences
    elsewhere: Evidence = {**evidence(image, 2), "sop_instance_uid": "1.2.3"}
    one = replace(document(image), sentences=(replace(sentence, evidence=(elsewhere,)),))
    path = write_report(one, source_dir=tmp_path / "image", out_path=tmp_path / "r.dcm")
    assert errors(path) == []
    assert texts(pydicom.dcmread(path))[0][2] == []


def test_no_study_no_report(image: Volume, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "note.txt").write_text("no DICOM")
    with pytest.raises(InputUnreadable, match="no DICOM object"):
        write_report(document(image), source_dir=tmp_path / "empty", out_path=tmp_path / "r.dcm")


def test_edited_draft_follows_its_predecessor(image: Volume, tmp_path: Path) -> None:
    first = document(image)
    path = write_report(first, source_dir=tmp_path / "image", out_path=tmp_path / "a" / "1.dcm")
    before = pydicom.dcmread(path)
    edited = ReportSentence(section="findings", text="By hand.", linked=False, origin="person")
    second = replace(
        first,
        version=2,
        editor="Ann^e O'Neill",
        sentences=(*first.sentences[:1], edited),
        predecessor_sop_instance_uid=before.SOPInstanceUID,
    )
    # Only the earlier report is at hand: patient, study and evidence come from it.
    out = write_report(second, source_dir=tmp_path / "a", out_path=tmp_path / "b" / "2.dcm")
    assert errors(out) == []
    after = pydicom.dcmread(out)
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.SeriesInstanceUID == before.SeriesInstanceUID
    assert after.PatientID == "T1"
    previous = after.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert previous.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert texts(after)[0] == texts(before)[0]
    assert texts(after)[1][3][0] == "Written or changed by a person"
    assert [author.ObserverType for author in after.AuthorObserverSequence] == ["DEV", "PSN"]
    assert str(after.AuthorObserverSequence[1].PersonName) == "Ann e O'Neill^"
    assert (
        after.ConceptNameCodeSequence[0].CodeMeaning
        == before.ConceptNameCodeSequence[0].CodeMeaning
    )
    assert after.CompletionFlag == "PARTIAL"
