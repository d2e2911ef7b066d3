"""The real language model, in the real engine. Prepares it where ``ml prepare`` has not run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.models.smollm2 import weights
from ml.models.smollm2.modeling import load
from ml.pipelines.draft_report.findings import Judged
from ml.pipelines.draft_report.phrases import prompt
from ml.runtime import places
from ml.runtime.devices import Device
from ml.runtime.local import LocalEngine
from ml.runtime.process import ProcessEngine
from ml.runtime.registry import manifest_of
from ml.runtime.text.service import TextService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the language model."""
    for known in (places.data_dir(), places.REPOSITORY / ".data"):
        if weights.is_prepared(places.models_dir(known)):
            return known
    folder = tmp_path_factory.mktemp("data")
    weights.prepare(places.models_dir(folder))
    return folder


@pytest.fixture(scope="module")
def engine(prepared: Path) -> Iterator[ProcessEngine]:
    patch = pytest.MonkeyPatch()
    patch.setenv("SYNOPTIC_EXTRA_PIPELINES", str(Path(__file__).parent / "pipelines"))
    opened = ProcessEngine(device="cpu", data_dir=prepared)
    opened.warm(["talk"])
    yield opened
    opened.close()
    patch.undo()


def request(tmp_path: Path, run_id: str = "run") -> RunRequest:
    return RunRequest(pipeline="talk", run_id=run_id, inputs={}, out_dir=tmp_path / run_id)


def test_the_prepared_model_is_the_one_that_the_manifest_names(prepared: Path) -> None:
    spec = next(w for w in manifest_of("draft_report").weights if w.name == weights.NAME)
    assert spec.sha256 == weights.WEIGHTS_SHA256
    assert weights.is_prepared(places.models_dir(prepared))


def test_sentences_in_the_batch_have_the_tokens_of_plain_generate(
    prepared: Path, normal: dict[str, Judged]
) -> None:
    llama = load(places.models_dir(prepared) / weights.NAME, "cpu")
    text = TextService(Device(kind="cpu", threads=2), prepared, load=lambda: llama)
    prompts = [prompt(normal[key].statement) for key in ("brain", "evans", "left_hippocampus")]
    streams = [text.generate(shared_prefix=a, prompt=b, max_new_tokens=20) for a, b in prompts]
    for stream, (examples, own) in zip(streams, prompts, strict=True):
        list(stream)
        ids = torch.tensor([[i for p in (examples, own) for i in llama.tokenizer(p).input_ids]])
        model: Any = llama.model
        output = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False
        )
        assert stream.token_ids == tuple(output[0, ids.shape[1] :].tolist())
    text.close()


def test_the_real_model_writes_a_whole_draft_mostly_at_the_first_attempt(
    engine: ProcessEngine, tmp_path: Path
) -> None:
    events = list(engine.run(request(tmp_path), CancelToken()))
    sentences = [event.data for event in events if event.type == "message.finished"]
    assert all(sentence["linked"] for sentence in sentences)
    attempts = events[-1].data["values"]["attempts"]
    assert attempts.count(1) / len(attempts) >= 0.75
    deltas = [e.data for e in events if e.type == "message.delta"]
    first = [d["text"] for d in deltas if d["message"] == sentences[0]["message"]]
    assert len(first) > 5  # it comes word by word
    assert "".join(first) == sentences[0]["text"]


def test_a_stop_in_the_middle_of_a_sentence_is_answered_within_two_seconds(
    engine: ProcessEngine, tmp_path: Path
) -> None:
    cancel = CancelToken()
    pid = engine.pid
    run = engine.run(request(tmp_path), cancel)
    events: list[Event] = []
    while sum(event.type == "message.delta" for event in events) < 4:
        events.append(next(run))
    asked = time.monotonic()
    cancel.cancel()
    with pytest.raises(Cancelled):
        events.extend(run)
    assert time.monotonic() - asked < 2.0
    assert engine.pid == pid  # it stopped by itself
    assert events[-1].type == "message.finished"
    assert events[-1].data["linked"] is False


def test_two_drafts_at_once_share_one_batch(engine: ProcessEngine, tmp_path: Path) -> None:
    ends: list[dict[str, Any]] = []

    def draft(name: str) -> None:
        *_, last = engine.run(request(tmp_path, name), CancelToken())
        ends.append(last.data["values"])

    threads = [threading.Thread(target=draft, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert ends[0]["attempts"] == ends[1]["attempts"]
    assert max(end["largest_batch"] for end in ends) > 8


COLIN = Path(os.environ.get("SYNOPTIC_COLIN_PATH", "/usr/share/mricron/templates/ch2.nii.gz"))


@pytest.mark.skipif(not COLIN.is_file(), reason="the package mricron-data is not installed")
def test_a_real_head_gets_a_draft_with_sizes_that_a_head_can_have(
    prepared: Path, tmp_path: Path
) -> None:
    local = LocalEngine(device="cpu", data_dir=prepared)
    request = RunRequest(
        pipeline="draft_report",
        run_id="colin",
        inputs={"image": ImageInput(path=COLIN, kind="nifti")},
        out_dir=tmp_path,
    )
    events = list(local.run(request, CancelToken()))
    local.close()
    sentences = [event.data for event in events if event.type == "message.finished"]
    assert 10 <= len(sentences) <= 16
    assert all(sentence["linked"] for sentence in sentences)
    measured = events[-1].data["values"]["measurements"]
    # Colin 27 lies in MNI space, whose heads are about a sixth larger than life.
    assert 1200 <= measured["brain.volume"] <= 1900
    assert 0.2 <= measured["frontal_horns.evans"] <= 0.33
    assert measured["midline.shift"] < 3
    assert measured["hippocampus.asymmetry"] < 18
