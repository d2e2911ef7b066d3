"""A head of simple shapes, its measurements, and a tiny language model that writes nonsense."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm
from ml.imaging.volume import Volume
from ml.models.input_gate.gate import Verdict
from ml.pipelines.draft_report import pipeline, segmentation
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.findings import Judged, judge
from ml.pipelines.draft_report.fixture import head_image, head_labels
from ml.pipelines.draft_report.measurements import label_volumes, measure
from ml.runtime import inputs
from ml.runtime.context import RunContext, Steps
from ml.runtime.devices import Device
from ml.runtime.text.service import TextService
from tests.ml.runtime.tiny import load_tiny

JudgeHead = Callable[..., dict[str, Judged]]
CPU = Device(kind="cpu", threads=1)


@pytest.fixture(scope="session")
def labels() -> Volume:
    return head_labels()


@pytest.fixture(scope="session")
def judge_head() -> JudgeHead:
    """Findings by id of a head with the given changes."""

    def do(**changes: object) -> dict[str, Judged]:
        head = head_labels(**changes)  # type: ignore[arg-type]
        return {item.rule.id: item for item in judge(measure(head), Locator(head, {17: 5}))}

    return do


@pytest.fixture(scope="session")
def normal(judge_head: JudgeHead) -> dict[str, Judged]:
    return judge_head()


@pytest.fixture
def nonsense(tmp_path: Path) -> Iterator[TextService]:
    """A language model whose free sentences are never acceptable."""
    tiny = load_tiny(tmp_path / "tiny")
    service = TextService(CPU, tmp_path, load=lambda: tiny)
    service._length = 2048  # its tokens are letters
    yield service
    service.close()


class OpenGate:
    def check(self, _image: Volume) -> Verdict:
        return Verdict(score=0.0, reasons=())


@pytest.fixture
def known_structures(monkeypatch: pytest.MonkeyPatch, labels: Volume) -> None:
    """The segmenter finds the phantom's own structures."""

    def segment(
        context: RunContext, image: Volume, steps: Steps
    ) -> Generator[Event, None, segmentation.Found]:
        yield steps.progress(0.5)
        return segmentation.Found(
            labels=image.like(labels.array),
            volumes_ml=label_volumes(labels),
            algorithm=Algorithm(name="Phantom", version="1"),
        )

    monkeypatch.setattr(segmentation, "segment", segment)
    # The tiny model stands in for the one whose digest is checked.
    monkeypatch.setattr(pipeline, "LANGUAGE_MODEL", None)
    monkeypatch.setattr(RunContext, "weights", lambda *_: Path())
    # A head of simple shapes is unlike real ones, as the gate would say.
    monkeypatch.setattr(inputs, "load_gate", lambda _: OpenGate())


@pytest.fixture
def nifti_head(tmp_path: Path, labels: Volume) -> Path:
    path = tmp_path / "head.nii.gz"
    write_nifti(head_image(labels), path)
    return path
