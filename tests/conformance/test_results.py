"""Segmentations, measurements and reports against the standard and against their readers."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml.contracts.errors import InputUnreadable
from ml.contracts.events import Evidence
from ml.contracts.report import ReportDocument, ReportSentence
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.read import read_series
from ml.dicom.structures import structures
from ml.dicom.write_report import write_report
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import write_measurements_sr
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.ml.dicom.series import grid, mr_series, mr_volume

ALGORITHM = Algorithm(
    name="Head segmenter", version="1.2.3", weights_sha256="ab" * 32, parameters={"spacing": 1.0}
)
RUN = "run-1"


def some_labels(shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Blocks of a few structures, with air between and one id that no table names."""
    labels = np.zeros(shape, np.uint16)
    labels[1:3, 2:5, 1:4] = 17
    labels[1:3, 2:5, 5:7] = 53
    labels[3, 1:9, 1:7] = 24
    labels[4, 4, 4] = 999
    return labels


@pytest.fixture
def image(tmp_path: Path) -> Volume:
    return mr_volume(tmp_path / "image")


@pytest.fixture
def seg(image: Volume, tmp_path: Path) -> Written:
    return write_seg(
        some_labels(image.shape),
        image,
        algorithm=ALGORITHM,
        run_id=RUN,
        path=tmp_path / "out" / "seg.dcm",
    )


def as_labels(path: Path, image: Volume) -> NDArray[np.uint16]:
    """The SEG as highdicom reads it, put back into labels on the grid of ``image``."""
    assert image.source is not None
    dataset = hd.seg.segread(path)
    planes = dataset.get_pixels_by_source_instance(
        list(image.source.sop_instance_uids),
        combine_segments=True,
        assert_missing_frames_are_empty=True,
    )
    labels = {
        item.SegmentNumber: next(
            s.label for s in structures().values() if s.name == item.SegmentLabel
        )
        for item in dataset.SegmentSequence
    }
    table = np.array([0, *(labels[number] for number in sorted(labels))], np.uint16)
    restored: NDArray[np.uint16] = table[planes]
    return restored


def test_segmentation_is_valid_and_gives_the_labels_back(seg: Written, image: Volume) -> None:
    assert errors(seg.path) == []
    expected = some_labels(image.shape)
    expected[expected == 999] = 0
    assert (as_labels(seg.path, image) == expected).all()
    assert seg.segments == {17: 1, 24: 2, 53: 3}


def test_segmentation_of_oblique_and_flipped_scans(tmp_path: Path) -> None:
    scan = grid()
    flipped = Volume(array=scan.array[::-1, :, ::-1], affine=_flipped(scan))
    image = mr_volume(tmp_path / "image", flipped)
    labels = some_labels(image.shape)
    labels[labels == 999] = 0
    written = write_seg(labels, image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "seg.dcm")
    assert errors(written.path) == []
    assert (as_labels(written.path, image) == labels).all()


def _flipped(scan: Volume) -> NDArray[np.float64]:
    affine = scan.affine.copy()
    z, _, x = scan.shape
    affine[:3, 3] += affine[:3, 2] * (z - 1) + affine[:3, 0] * (x - 1)
    affine[:3, 2] *= -1
    affine[:3, 0] *= -1
    return affine


def test_segments_are_coded_and_say_what_made_them(seg: Written) -> None:
    dataset = pydicom.dcmread(seg.path)
    segment = dataset.SegmentSequence[0]
    kind = segment.SegmentedPropertyTypeCodeSequence[0]
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("5366008", "SCT")
    side = kind.SegmentedPropertyTypeModifierCodeSequence[0]
    assert (side.CodeValue, side.CodeMeaning) == ("7771000", "Left")
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    made_by = segment.SegmentationAlgorithmIdentificationSequence[0]
    family = made_by.AlgorithmFamilyCodeSequence[0]
    assert (family.CodeValue, family.CodingSchemeDesignator) == ("123110", "DCM")
    assert (made_by.AlgorithmName, made_by.AlgorithmVersion) == ("Head segmenter", "1.2.3")
    assert "ab" * 32 in made_by.AlgorithmParameters
    assert segment.RecommendedDisplayCIELabValue
    assert segment.TrackingID == "Synoptic left hippocampus"


def test_segmentation_belongs_to_the_study_and_is_marked(seg: Written, image: Volume) -> None:
    assert image.source is not None
    dataset = pydicom.dcmread(seg.path)
    assert dataset.StudyInstanceUID == image.source.study_uid
    assert dataset.FrameOfReferenceUID == image.source.frame_of_reference_uid
    assert (dataset.PatientName, dataset.PatientID) == ("Test^Person", "T1")
    assert dataset.SyntheticData == "NO"
    assert dataset.ContentQualification == "RESEARCH"
    referenced = dataset.ReferencedSeriesSequence[0]
    assert referenced.SeriesInstanceUID == image.source.series_uid
    purposes = Counter(
        item.PurposeOfReferenceCodeSequence[0].CodeValue
        for item in dataset.ContributingEquipmentSequence
    )
    assert purposes["109102"] >= 1


def test_synthetic_source_makes_synthetic_results(tmp_path: Path) -> None:
    for path in mr_series(tmp_path / "image"):
        dataset = pydicom.dcmread(path)
        dataset.SyntheticData = "YES"
        dataset.save_as(path)
    image = read_series(tmp_path / "image")
    written = write_seg(
        some_labels(image.shape), image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "s.dcm"
    )
    assert pydicom.dcmread(written.path).SyntheticData == "YES"


def test_same_run_gives_the_same_uids_and_another_run_others(
    seg: Written, image: Volume, tmp_path: Path
) -> None:
    labels = some_labels(image.shape)
    again = write_seg(labels, image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "b.dcm")
    other = write_seg(labels, image, algorithm=ALGORITHM, run_id="run-2", path=tmp_path / "c.dcm")
    assert (again.sop_instance_uid, again.series_uid) == (seg.sop_instance_uid, seg.series_uid)
    assert other.sop_instance_uid != seg.sop_instance_uid
    assert other.series_uid != seg.series_uid
    tracking = [
        [item.TrackingUID for item in pydicom.dcmread(written.path).SegmentSequence]
        for written in (seg, other)
    ]
    assert tracking[0] == tracking[1]  # a structure keeps its identity over runs and visits


def test_poor_headers_of_the_source_do_not_stop_a_result(tmp_path: Path) -> None:
    for path in mr_series(tmp_path / "image"):
        dataset = pydicom.dcmread(path)
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.PatientName = "Müller^Jörg=山田^太郎"
        dataset.PatientSex = "W"
        dataset.StudyTime = "noon"
        del dataset.AccessionNumber, dataset.StudyID, dataset.PatientBirthDate
        del dataset.FrameOfReferenceUID, dataset.ReferringPhysicianName
        dataset.save_as(path)
    image = read_series(tmp_path / "image")
    labels = some_labels(image.shape)
    seg = write_seg(labels, image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "seg.dcm")
    sr = write_measurements_sr(
        {17: 1.0}, image, seg, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "sr.dcm"
    )
    report = write_report(document(image), source_dir=tmp_path / "image", out_path=tmp_path / "r")
    for path in (seg.path, sr.path, report):
        assert errors(path) == []
        dataset = pydicom.dcmread(path)
        assert str(dataset.PatientName) == "Müller^Jörg=山田^太郎"
        assert dataset.PatientSex == ""


@pytest.mark.realdata
def test_results_on_a_real_multi_frame_scan(realdata: Path, tmp_path: Path) -> None:
    """XA30 repeats spacing and orientation per frame, and counts its frames downwards."""
    with zipfile.ZipFile(realdata / "dicom" / "XA30_enhanced_T1.zip") as packed:
        packed.extractall(tmp_path / "image")
    image = read_series(tmp_path / "image")
    assert image.source is not None
    labels = np.zeros(image.shape, np.uint16)
    labels[2:6, 20:40, 20:50] = 17
    seg = write_seg(labels, image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "seg.dcm")
    sr = write_measurements_sr(
        {17: 1.0}, image, seg, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "sr.dcm"
    )
    assert errors(seg.path) == errors(sr.path) == []
    volume = hd.seg.segread(seg.path).get_volume(combine_segments=True)
    centre = volume.map_indices_to_reference(np.argwhere(volume.array == 1).mean(0)[None])[0]
    z, y, x = np.argwhere(labels == 17).mean(0)
    assert np.allclose(centre, image.point_lps((z, y, x)), atol=1e-3)


def test_wrong_input_is_refused(image: Volume, tmp_path: Path) -> None:
    common = {"algorithm": ALGORITHM, "run_id": RUN, "path": tmp_path / "x.dcm"}
    with pytest.raises(ValueError, match="no known structure"):
        write_seg(np.full(image.shape, 999), image, **common)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="do not fit"):
        write_seg(np.ones((2, 2, 2)), image, **common)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="DICOM series"):
        write_seg(np.ones((6, 10, 8)), grid(), **common)  # type: ignore[arg-type]


def test_measurements_are_valid_and_read_back(seg: Written, image: Volume, tmp_path: Path) -> None:
    written = write_measurements_sr(
        {17: 3.456789, 53: 3.1, 24: 120.0, 10: 7.0},
        image,
        seg,
        algorithm=ALGORITHM,
        run_id=RUN,
        path=tmp_path / "out" / "sr.dcm",
    )
    assert errors(written.path) == []
    report: Any = hd.sr.srread(written.path)
    assert (report.CompletionFlag, report.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    assert report.PreliminaryFlag == "PRELIMINARY"
    groups = report.content.get_volumetric_roi_measurement_groups()
    found = {}
    for group in groups:
        (measurement,) = group.get_measurements()
        assert measurement.name.value == "118565006"
        assert measurement.unit.value == "ml"
        segment = group.referenced_segment[0].ReferencedSOPSequence[0]
        assert segment.ReferencedSOPInstanceUID == seg.sop_instance_uid
        found[group.tracking_identifier] = (measurement.value, segment.ReferencedSegmentNumber)
    assert found == {
        "Synoptic left hippocampus": (3.4568, 1),
        "Synoptic cerebrospinal fluid": (120.0, 2),
        "Synoptic right hippocampus": (3.1, 3),
    }
    tracking = {item.TrackingUID for item in pydicom.dcmread(seg.path).SegmentSequence}
    assert {group.tracking_uid for group in groups} == tracking


def evidence(image: Volume, index: int) -> Evidence:
    assert image.source is not None
    return {
        "structure": "left hippocampus",
        "label": 17,
        "series_uid": image.source.series_uid,
        "sop_instance_uid": image.source.sop_instance_uids[index],
        "slice_index": index,
        "point_lps": list(image.point_lps((index, 0, 0))),
        "segment_number": 1,
    }


def document(image: Volume) -> ReportDocument:
    return ReportDocument(
        document_id="draft-1",
        version=1,
        model_name="draft_report",
        model_version="0.1.0",
        weights_sha256="cd" * 32,
        sentences=(
            ReportSentence(
                section="findings",
                text="The left hippocampus measures 3.5 cm³.",
                linked=True,
                origin="ai",
                evidence=(evidence(image, 2),),
            ),
            ReportSentence(section="findings", text="Unsure.", linked=False, origin="ai"),
            ReportSentence(
                section="impression",
                text="Größe normal.",
                linked=True,
                origin="ai",
                evidence=(evidence(image, 2), evidence(image, 3)),
            ),
        ),
    )


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


def test_incomplete_results_say_so(image: Volume, tmp_path: Path) -> None:
    labels = some_labels(image.shape)
    seg = write_seg(
        labels,
        image,
        algorithm=ALGORITHM,
        run_id=RUN,
        path=tmp_path / "seg.dcm",
        incomplete=True,
    )
    report = write_report(
        replace(document(image), incomplete=True, sentences=()),
        source_dir=tmp_path / "image",
        out_path=tmp_path / "r.dcm",
    )
    for path in (seg.path, report):
        assert errors(path) == []
        assert pydicom.dcmread(path).SeriesDescription.startswith("INCOMPLETE")
