from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ml.contracts.errors import DigestMismatch, WeightsMissing
from ml.contracts.manifest import WeightsSpec
from ml.runtime import weights
from ml.runtime.registry import manifest_of


@pytest.fixture
def spec(tmp_path: Path) -> WeightsSpec:
    path = tmp_path / "models/net/model.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    return WeightsSpec(
        name="net",
        path="net/model.safetensors",
        sha256=hashlib.sha256(b"weights").hexdigest(),
        licence="Apache-2.0",
        installed=True,
    )


def test_the_right_file_is_given(tmp_path: Path, spec: WeightsSpec) -> None:
    path = weights.verified_path(spec, tmp_path)
    assert path.read_bytes() == b"weights"


def test_a_file_changed_in_place_is_refused_although_it_was_fine(
    tmp_path: Path, spec: WeightsSpec
) -> None:
    path = weights.verified_path(spec, tmp_path)
    path.write_bytes(b"Weights")  # as long as before
    os.utime(path, ns=(1, 1))
    with pytest.raises(DigestMismatch):
        weights.verified_path(spec, tmp_path)


def test_an_unchanged_file_is_read_once(
    tmp_path: Path, spec: WeightsSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.verified_path(spec, tmp_path)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    weights.verified_path(spec, tmp_path)


def test_a_missing_file_says_how_to_get_it(tmp_path: Path, spec: WeightsSpec) -> None:
    with pytest.raises(WeightsMissing, match="prepare"):
        weights.verified_path(replace(spec, path="other"), tmp_path)


def test_every_weights_file_of_a_pipeline_is_checked(tmp_path: Path, spec: WeightsSpec) -> None:
    manifest = replace(manifest_of("steady"), weights=(spec, replace(spec, sha256="0" * 64)))
    with pytest.raises(DigestMismatch):
        weights.verify(manifest, tmp_path)
