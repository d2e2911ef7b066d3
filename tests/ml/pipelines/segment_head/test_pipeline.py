"""segment_head from input to results, with a segmenter that knows its head."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, DigestMismatch, InputRefused
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti, write_nifti
from ml.imaging.volume import Volume
from ml.models.head_unet import weights
from ml.pipelines.segment_head import pipeline, segmentation
from ml.pipelines.segment_head.fixture import tiny_model
from ml.runtime.context import Resources, RunContext
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.registry import manifest_of
from ml.runtime.text.service import TextService
from ml.runtime.weights import verify
from ml.simulate.render import t1w
from tests.ml.dicom.series import mr_series
from tests.ml.pipelines.segment_head.known import KnowingSegmenter, head

CPU = Device(kind="cpu", threads=1)


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    text = TextService(CPU, tmp_path)
    yield Resources(device=CPU, data_dir=tmp_path, text=text)
    text.close()


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Volume:
    """The head that the segmenter will find."""
    known = head()
    monkeypatch.setattr(pipeline, "open_segmenter", lambda _: KnowingSegmenter(known))
    return known


def image_of(truth: Volume) -> Volume:
    return truth.like((1000 * t1w(truth.array, seed=1)).astype(np.uint16))


def request_for(path: Path, out: Path, kind: str = "nifti") -> RunRequest:
    return RunRequest(
        pipeline="segment_head",
        run_id="22222222-2222-4222-8222-222222222222",
        inputs={"image": ImageInput(path=path, kind="dicom" if kind == "dicom" else "nifti")},
        out_dir=out,
    )


def test_a_file_gives_labels_on_its_grid_and_their_volumes(
    truth: Volume, resources: Resources, tmp_path: Path
) -> None:
    write_nifti(image_of(truth), tmp_path / "head.nii.gz")
    request = request_for(tmp_path / "head.nii.gz", tmp_path / "out")
    events = list(execute(request, CancelToken(), resources))
    stored = {e.data["key"] for e in events if e.type == "artifact.ready"}
    assert stored == {"labels", "volumes"}
    found = read_nifti(request.out_dir / "labels.nii.gz")
    assert np.allclose(found.affine, read_nifti(tmp_path / "head.nii.gz").affine)
    assert np.array_equal(found.array, truth.array)
    with (request.out_dir / "volumes.csv").open() as stream:
        rows = {int(row["label"]): row for row in csv.DictReader(stream)}
    for label_id in (4, 17, 53, 16):
        expected = float((truth.array == label_id).sum()) * 0.064
        assert float(rows[label_id]["volume_ml"]) == pytest.approx(expected, abs=1e-3)
        assert float(rows[label_id]["expected_ml"]) == pytest.approx(expected, abs=1e-3)
    assert rows[17]["side"] == "left"
    assert events[-1].data["values"]["quality"] == []


def test_a_series_gives_a_seg_and_an_sr_too(
    truth: Volume, resources: Resources, tmp_path: Path
) -> None:
    files = mr_series(tmp_path / "series", image_of(truth))
    request = request_for(tmp_path / "series", tmp_path / "out", "dicom")
    events = list(execute(request, CancelToken(), resources))
    stored = {e.data["key"]: e.data["path"] for e in events if e.type == "artifact.ready"}
    assert set(stored) == {"labels", "volumes", "seg", "sr-measurements"}
    seg = highdicom.seg.segread(request.out_dir / stored["seg"])
    source = pydicom.dcmread(files[0], stop_before_pixels=True)
    assert source.StudyInstanceUID == seg.StudyInstanceUID
    assert source.PatientID == seg.PatientID
    names = {seg.get_segment_description(n).segment_label for n in seg.segment_numbers}
    assert {"left hippocampus", "right hippocampus"} <= names
    report = pydicom.dcmread(request.out_dir / stored["sr-measurements"])
    assert report.Modality == "SR"
    assert report.StudyInstanceUID == source.StudyInstanceUID


def test_a_stop_is_seen_between_pieces_of_work(
    truth: Volume, resources: Resources, tmp_path: Path
) -> None:
    write_nifti(image_of(truth), tmp_path / "head.nii.gz")
    cancel = CancelToken()
    request = request_for(tmp_path / "head.nii.gz", tmp_path / "out")
    events = execute(request, cancel, resources)
    while next(events).type != "step.progress":
        pass
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert not (request.out_dir / "labels.nii.gz").exists()


def test_an_image_without_a_brain_is_refused(
    truth: Volume, resources: Resources, tmp_path: Path
) -> None:
    write_nifti(image_of(truth), tmp_path / "head.nii.gz")
    truth.array[:] = 507
    request = request_for(tmp_path / "head.nii.gz", tmp_path / "out")
    with pytest.raises(InputRefused, match="No brain"):
        list(execute(request, CancelToken(), resources))


def test_the_shipped_weights_are_the_ones_the_manifest_names() -> None:
    verify(manifest_of("segment_head"))


def test_weights_of_another_digest_are_refused(
    resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tiny.safetensors"
    digest = weights.save(tiny_model(), path)
    manifest = manifest_of("segment_head")
    spec = replace(manifest.weights[0], path="tiny.safetensors", sha256=digest)
    monkeypatch.setattr("ml.runtime.places.REPOSITORY", tmp_path)

    def context(sha256: str) -> RunContext:
        return RunContext(
            request=request_for(tmp_path, tmp_path),
            cancel=CancelToken(),
            manifest=replace(manifest, weights=(replace(spec, sha256=sha256),)),
            resources=resources,
        )

    assert segmentation.open_segmenter(context(digest)).model.config == tiny_model().config
    with pytest.raises(DigestMismatch):
        segmentation.open_segmenter(context("0" * 64))
