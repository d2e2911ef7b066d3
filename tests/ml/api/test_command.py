"""``python -m ml`` as a person uses it: output, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ml.runtime.registry import manifests

ROOT = Path(__file__).parents[3]
EXTRA = ROOT / "tests/ml/runtime/pipelines"
COMMAND = [sys.executable, "-m", "ml"]

pytestmark = pytest.mark.timeout(300)


def environment() -> dict[str, str]:
    return {**os.environ, "SYNOPTIC_EXTRA_PIPELINES": str(EXTRA)}


def ml(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.nii"
    path.write_bytes(b"no image at all")
    return path


def test_list_shows_every_pipeline_with_its_version_and_parameters() -> None:
    shown = ml("list")
    assert shown.returncode == 0
    for manifest in manifests():
        assert f"{manifest.name}  {manifest.version}" in shown.stdout
    assert "--param ticks=" in shown.stdout


def test_a_run_writes_its_results_and_its_capsule(tmp_path: Path, image: Path) -> None:
    shown = ml("run", "steady", image, "--out", tmp_path / "out", "--param", "ticks=2")
    assert shown.returncode == 0, shown.stderr
    assert "[1/1] Count" in shown.stderr
    result = json.loads((tmp_path / "out/result.json").read_text())
    assert result["pipeline"] == "steady"
    assert result["params"]["ticks"] == 2
    assert result["artifacts"][0]["path"] == "counted.txt"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "nothing", "IMAGE"), 2, "There is no pipeline named 'nothing'"),
        (("run", "steady", "IMAGE", "--param", "ticks=many"), 2, "ticks must be of type integer"),
        (("run", "steady", "IMAGE", "--param", "colour=red"), 2, "colour"),
        (("run", "steady", "gone.nii"), 3, "is not there"),
        (("run", "segment_head", "IMAGE"), 3, "not"),
        (("run", "segment_head", "IMAGE", "IMAGE"), 2, "takes image, and no more"),
        (("run", "plan_photons", "IMAGE", "--param", "template={"), 2, "must be of type object"),
        (("run", "plan_photons", "IMAGE", "--param", "template=@no.json"), 2, "must be of type"),
        (("run", "broken", "IMAGE", "--param", "ticks=2"), 5, "not enough memory"),
        (("run", "broken", "IMAGE", "--param", "ticks=1"), 1, "failed unexpectedly"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    tmp_path: Path, image: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    named = [str(image) if word == "IMAGE" else word for word in words]
    shown = ml(*named, "--out", tmp_path / "out")
    assert shown.returncode == code
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr


def test_ctrl_c_stops_and_keeps_what_there_is(tmp_path: Path, image: Path) -> None:
    out = tmp_path / "out"
    words = ["run", "steady", str(image), "--out", str(out), "--param", "ticks=5000"]
    with subprocess.Popen(
        [*COMMAND, *words, "--param", "pause=0.05"],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "%" not in process.stderr.readline():
            continue
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(20) == 130
    assert time.monotonic() - asked < 10
    assert "INCOMPLETE" in rest
    assert (out / "counted.txt").read_text()
    assert not (out / "result.json").exists()
