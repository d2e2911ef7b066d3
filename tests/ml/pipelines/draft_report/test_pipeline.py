from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, InputRefused
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.pipelines.draft_report.fixture import head_image
from ml.runtime.context import Resources
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import mr_series
from tests.ml.pipelines.draft_report.conftest import CPU

pytestmark = [pytest.mark.usefixtures("known_structures"), pytest.mark.slow]


@pytest.fixture
def resources(nonsense: TextService, tmp_path: Path) -> Resources:
    return Resources(device=CPU, data_dir=tmp_path, text=nonsense)


@pytest.fixture
def request_of(tmp_path: Path, nifti_head: Path) -> RunRequest:
    return RunRequest(
        pipeline="draft_report",
        run_id="11111111-1111-4111-8111-111111111111",
        inputs={"image": ImageInput(path=nifti_head, kind="nifti")},
        out_dir=tmp_path / "out",
    )


def of_type(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.type == kind]


def test_a_draft_from_a_file_has_findings_sentences_and_its_capsule(
    request_of: RunRequest, resources: Resources
) -> None:
    events = list(execute(request_of, CancelToken(), resources))
    sentences = of_type(events, "message.finished")
    assert 10 <= len(sentences) <= 16
    assert all(event.data["linked"] for event in sentences)
    assert [e.data["section"] for e in sentences] == sorted(e.data["section"] for e in sentences)
    values = events[-1].data["values"]
    assert values["sentences"] == len(sentences)
    report = json.loads((request_of.out_dir / "report.json").read_text())
    assert report["ai_generated"] is True
    assert report["incomplete"] is False
    assert [s["text"] for s in report["sentences"]] == [e.data["text"] for e in sentences]
    assert "Draft made by AI" in (request_of.out_dir / "report.md").read_text()
    started = [event.data["step"] for event in of_type(events, "step.started")]
    assert started == [event.data["step"] for event in of_type(events, "step.finished")]


def test_every_number_in_the_sentences_is_a_measured_one(
    request_of: RunRequest, resources: Resources
) -> None:
    events = list(execute(request_of, CancelToken(), resources))
    report = json.loads((request_of.out_dir / "report.json").read_text())
    told = " ".join(finding["text"] for finding in report["findings"])
    for event in of_type(events, "message.finished"):
        for word in event.data["text"].replace("(", " ").replace(")", " ").split():
            if any(character.isdigit() for character in word):
                assert word.strip(".,;") in told


def test_a_draft_from_dicom_leaves_dicom_objects_of_the_same_study(
    request_of: RunRequest, resources: Resources, tmp_path: Path, labels: Volume
) -> None:
    image = head_image(labels)
    files = mr_series(tmp_path / "series", image.like(image.array.astype(np.uint16)))
    source = pydicom.dcmread(files[0])
    request = replace(
        request_of, inputs={"image": ImageInput(path=tmp_path / "series", kind="dicom")}
    )
    events = list(execute(request, CancelToken(), resources))
    stored = {e.data["key"]: e.data["path"] for e in of_type(events, "artifact.ready")}
    assert {"seg", "sr-measurements", "sr-report"} <= stored.keys()
    for key in ("seg", "sr-measurements", "sr-report"):
        dataset = pydicom.dcmread(request.out_dir / stored[key])
        assert dataset.StudyInstanceUID == source.StudyInstanceUID
        assert dataset.PatientID == source.PatientID
    report = pydicom.dcmread(request.out_dir / stored["sr-report"])
    assert report.CompletionFlag == "PARTIAL"
    assert report.VerificationFlag == "UNVERIFIED"
    evidence = of_type(events, "message.finished")[5].data["evidence"][0]
    assert evidence["series_uid"] == source.SeriesInstanceUID
    assert evidence["segment_number"] is not None
    sop = pydicom.dcmread(files[evidence["slice_index"]]).SOPInstanceUID
    assert evidence["sop_instance_uid"] == sop


def test_the_same_run_made_twice_gives_the_same_objects(
    request_of: RunRequest, resources: Resources, tmp_path: Path, labels: Volume
) -> None:
    image = head_image(labels)
    mr_series(tmp_path / "series", image.like(image.array.astype(np.uint16)))
    uids = []
    for attempt in ("a", "b"):
        request = replace(
            request_of,
            inputs={"image": ImageInput(path=tmp_path / "series", kind="dicom")},
            out_dir=tmp_path / attempt,
            params={"impression": False},
        )
        list(execute(request, CancelToken(), resources))
        uids.append({pydicom.dcmread(p).SOPInstanceUID for p in request.out_dir.glob("*.dcm")})
    assert uids[0] == uids[1]
    assert len(uids[0]) == 3


def test_a_stop_in_the_middle_of_a_sentence_keeps_the_draft_as_incomplete(
    request_of: RunRequest, resources: Resources
) -> None:
    cancel, events = CancelToken(), []
    stopped_at = 0.0

    def watch(event: Event) -> None:
        nonlocal stopped_at
        events.append(event)
        deltas = of_type(events, "message.delta")
        if len(of_type(events, "message.finished")) == 3 and deltas[-1] is event:
            stopped_at = time.monotonic()
            cancel.cancel()

    with pytest.raises(Cancelled):
        list(map(watch, execute(request_of, cancel, resources)))
    assert time.monotonic() - stopped_at < 2.0
    report = json.loads((request_of.out_dir / "report.json").read_text())
    assert report["incomplete"] is True
    assert [sentence["linked"] for sentence in report["sentences"]] == [True, True, True, False]
    ready = [e.data for e in of_type(events, "artifact.ready") if e.data.get("incomplete")]
    assert {data["key"] for data in ready} == {"report", "report-text"}
    assert "INCOMPLETE" in (request_of.out_dir / "report.md").read_text()


def test_a_stop_before_the_sentences_leaves_no_report(
    request_of: RunRequest, resources: Resources
) -> None:
    cancel = CancelToken()

    def watch(event: Event) -> None:
        if event.type == "finding.added":
            cancel.cancel()

    with pytest.raises(Cancelled):
        list(map(watch, execute(request_of, cancel, resources)))
    assert not (request_of.out_dir / "report.json").exists()
    assert (request_of.out_dir / "labels.nii.gz").exists()


def test_without_an_impression_there_is_none(request_of: RunRequest, resources: Resources) -> None:
    request = replace(request_of, params={"impression": False})
    events = list(execute(request, CancelToken(), resources))
    assert {e.data["section"] for e in of_type(events, "message.finished")} == {"findings"}


def test_two_drafts_at_once_share_a_batch(
    request_of: RunRequest, resources: Resources, tmp_path: Path
) -> None:
    requests = [
        replace(request_of, run_id=name, out_dir=tmp_path / name) for name in ("one", "two")
    ]
    threads = [
        threading.Thread(target=lambda r=r: list(execute(r, CancelToken(), resources)))
        for r in requests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    first, second = (
        json.loads((request.out_dir / "report.json").read_text()) for request in requests
    )
    assert first["sentences"] == second["sentences"]
    # One draft alone keeps at most eight sentences in flight.
    assert resources.text.largest_batch > 8


def test_images_that_do_not_fit_are_refused_with_every_reason(
    request_of: RunRequest, resources: Resources, tmp_path: Path
) -> None:
    flat = Volume(array=np.ones((4, 20, 20), dtype=np.int16), affine=np.diag([1.0, 1.0, 9.0, 1.0]))
    path = tmp_path / "flat.nii.gz"
    write_nifti(flat, path)
    request = replace(request_of, inputs={"image": ImageInput(path=path, kind="nifti")})
    with pytest.raises(InputRefused) as refused:
        list(execute(request, CancelToken(), resources))
    for part in ("4 slices", "9.0 mm wide", "covers 20 mm"):
        assert part in refused.value.user_message


def test_a_head_without_a_brain_gets_a_reason_and_no_draft(
    request_of: RunRequest, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ml.pipelines.draft_report.pipeline.brain_is_plausible", lambda _measured: False
    )
    with pytest.raises(InputRefused, match="No brain"):
        list(execute(request_of, CancelToken(), resources))
