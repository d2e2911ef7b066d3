"""Segmentations and measurements against the standard and against their readers."""

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

from ml.dicom.provenance import Written
from ml.dicom.read import read_series
from ml.dicom.structures import structures
from ml.dicom.write_report import write_report
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import write_measurements_sr
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.conformance.subjects import ALGORITHM, RUN, document, some_labels
from tests.ml.dicom.series import grid, mr_series, mr_volume


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
