"""Pipelines that behave, misbehave and break, offered beside the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.contracts.request import RunRequest

MakeRequest = Callable[..., RunRequest]


@pytest.fixture(autouse=True)
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNOPTIC_EXTRA_PIPELINES", str(Path(__file__).parent / "pipelines"))


@pytest.fixture
def make_request(tmp_path: Path) -> MakeRequest:
    def make(pipeline: str, run_id: str = "run", **params: Any) -> RunRequest:
        return RunRequest(
            pipeline=pipeline, run_id=run_id, inputs={}, out_dir=tmp_path / run_id, params=params
        )

    return make
