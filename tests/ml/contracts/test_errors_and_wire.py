from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from ml.contracts import errors
from ml.contracts.errors import MlError
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.runtime import wire

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MlError)
]  # fmt: skip


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_the_pipe_as_itself(kind: type[MlError]) -> None:
    message = json.loads(json.dumps(wire.error_to_message(kind("Because."))))
    error = wire.error_from_message(message)
    assert type(error) is kind
    assert error.user_message == "Because."
    assert pickle.loads(pickle.dumps(error)).user_message == "Because."


def test_an_unknown_code_is_still_an_error() -> None:
    assert type(wire.error_from_message({"code": "new", "user_message": "x"})) is MlError


def test_a_request_crosses_the_pipe_unchanged() -> None:
    request = RunRequest(
        pipeline="p",
        run_id="r",
        inputs={"image": ImageInput(path=Path("/a/ü b"), kind="dicom")},
        out_dir=Path("/out"),
        params={"x": 1.5, "y": "ä"},
        seed=7,
    )
    line = wire.encode(wire.request_to_message(request))
    assert line.count(b"\n") == 1
    assert wire.request_from_message(wire.decode(line)) == request


def test_numbers_of_numpy_cross_as_plain_ones() -> None:
    event = Event(
        type="log",
        data={"a": np.float32(0.5), "b": np.int64(3), "c": np.arange(2), "d": Path("x")},
    )
    message = wire.decode(wire.encode(wire.event_to_message(event)))
    assert wire.event_from_message(message).data == {"a": 0.5, "b": 3, "c": [0, 1], "d": "x"}


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        wire.encode({"a": object()})
