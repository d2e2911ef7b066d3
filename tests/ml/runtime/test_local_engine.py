from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import (
    Cancelled,
    InputRefused,
    OutOfMemory,
    ParametersRefused,
    PipelineFailed,
    TimeLimit,
)
from ml.contracts.request import ImageInput, RunRequest
from ml.runtime import local
from ml.runtime.local import LocalEngine
from ml.runtime.registry import manifest_of

MakeRequest = Callable[..., RunRequest]


@pytest.fixture
def engine() -> LocalEngine:
    return LocalEngine(device="cpu")


def test_a_run_is_bracketed_and_ends_with_its_capsule(
    engine: LocalEngine, make_request: MakeRequest
) -> None:
    events = list(engine.run(make_request("steady", ticks=2), CancelToken()))
    assert [event.type for event in events] == [
        "step.started",
        "step.progress",
        "step.progress",
        "step.finished",
        "artifact.ready",
        "result",
    ]
    result = events[-1].data
    assert result["params"] == {"ticks": 2, "pause": 0.0, "farewell": 0.0}
    assert result["values"] == {"counted": 2}
    assert result["artifacts"][0]["path"] == "counted.txt"
    assert result["timings"].keys() == {"count"}
    assert "torch" in result["software"]
    json.dumps(result)


def test_the_capsule_names_the_input_by_its_digest(
    engine: LocalEngine, make_request: MakeRequest, tmp_path: Path
) -> None:
    image = tmp_path / "image.nii"
    image.write_bytes(b"abc")
    request = replace(
        make_request("steady"), inputs={"image": ImageInput(path=image, kind="nifti")}
    )
    *_, last = engine.run(request, CancelToken())
    assert last.data["inputs"]["image"]["digest"].startswith("ba7816bf8f01cfea")


def test_a_stop_keeps_what_there_is_and_says_that_it_is_incomplete(
    engine: LocalEngine, make_request: MakeRequest
) -> None:
    cancel = CancelToken()
    run = engine.run(make_request("steady", ticks=50), cancel)
    events = list(itertools.islice(run, 3))
    cancel.cancel()
    events.append(next(run))
    with pytest.raises(Cancelled):
        next(run)
    assert events[-1].type == "artifact.ready"
    assert events[-1].data["incomplete"] is True


def test_a_run_over_its_time_is_stopped(
    engine: LocalEngine, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(manifest_of("steady"), time_limit_s=0.2)
    monkeypatch.setattr(local, "manifest_of", lambda _name: short)
    with pytest.raises(TimeLimit):
        list(engine.run(make_request("steady", ticks=100, pause=0.05), CancelToken()))


def test_parameters_outside_their_schema_are_refused(
    engine: LocalEngine, make_request: MakeRequest
) -> None:
    for params in ({"ticks": 0}, {"ticks": "many"}, {"colour": "red"}):
        with pytest.raises(ParametersRefused):
            list(engine.run(make_request("steady", **params), CancelToken()))


def test_an_input_that_the_pipeline_does_not_know_is_refused(
    engine: LocalEngine, make_request: MakeRequest, tmp_path: Path
) -> None:
    image = ImageInput(path=tmp_path, kind="dicom")
    for inputs in ({"other": image}, {"image": replace(image, path=tmp_path / "gone")}):
        with pytest.raises(InputRefused):
            list(engine.run(replace(make_request("steady"), inputs=inputs), CancelToken()))


def test_a_defect_is_told_without_quoting_the_input(
    engine: LocalEngine, make_request: MakeRequest, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(PipelineFailed) as caught:
        list(engine.run(make_request("broken", ticks=1), CancelToken()))
    assert "Doe" not in caught.value.user_message
    assert "Doe" not in caplog.text
    assert "broken/pipeline.py:15" in caplog.text


def test_want_of_memory_has_its_own_error(engine: LocalEngine, make_request: MakeRequest) -> None:
    with pytest.raises(OutOfMemory):
        list(engine.run(make_request("broken", ticks=2), CancelToken()))
