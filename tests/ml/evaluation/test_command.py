"""``python -m ml evaluate`` from folders to table, plots and JSON; bad input."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

from ml.__main__ import main
from ml.contracts import evaluation as contract
from ml.dicom.nifti import write_nifti
from ml.evaluation import command
from ml.evaluation.stored import validator
from ml.evaluation.tasks import TASKS
from ml.imaging.volume import Volume
from ml.models.head_unet import backend, segmenter
from ml.models.head_unet.weights import save
from ml.pipelines.segment_head.fixture import tiny_model
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.render import ct

SUBJECTS = 4
SIZE_MM = 1.5  # a head of some centimetres, so that the network has little to look at


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """References, true labels, a good and a bad prediction of four small heads."""
    root = tmp_path_factory.mktemp("evaluation")
    rng = np.random.default_rng(0)
    for name in ("ref", "labels", "good", "bad", "maps"):
        (root / name).mkdir()
    save(tiny_model(), root / "tiny.safetensors")
    table = ["subject,scanner,age"]
    for number in range(SUBJECTS):
        labels = ellipsoid_head((30, 32, 28), (7.0, 7.0, 6.5 + 0.2 * number))
        file = f"sub-{number:02d}.nii.gz"
        small = Volume(array=labels.array, affine=np.diag([SIZE_MM, SIZE_MM, SIZE_MM, 1.0]))
        image = small.like(ct(labels.array, number).astype(np.float32))
        write_nifti(image, root / "ref" / file)
        write_nifti(small, root / "labels" / file)
        write_nifti(small.like(np.roll(labels.array, 1, axis=2)), root / "maps" / file)
        for name, sd in (("good", 5), ("bad", 80)):
            noise = rng.normal(sd / 5, sd, image.shape).astype(np.float32)
            write_nifti(image.like(image.array + noise), root / name / file)
        table.append(f"sub-{number:02d},{'A' if number % 2 else 'B'},{50 + 10 * number}")
    (root / "ref" / "subjects.csv").write_text("\n".join(table) + "\n")
    return root


def evaluate(root: Path, task: str, pred: Path, ref: Path, out: Path, *more: str) -> int:
    fixed = ("--resamples", "50", "--network", str(root / "tiny.safetensors"))
    return main(
        ["evaluate", task, "--pred", str(pred), "--ref", str(ref), "--out", str(out), *fixed, *more]
    )


def result(out: Path) -> Any:
    return json.loads((out / "evaluation.json").read_text())


def row(found: Any, metric: str, structure: str = "", subgroup: str = "all") -> Any:
    return next(
        r
        for r in found["rows"]
        if (r["metric"], r["structure"], r["subgroup"]) == (metric, structure, subgroup)
    )


@pytest.fixture(scope="module")
def good(folders: Path) -> Path:
    out = folders / "out-good"
    more = ("--labels", str(folders / "labels"), "--tiers", "pixel,feature")
    assert evaluate(folders, "synthesis", folders / "good", folders / "ref", out, *more) == 0
    return out


def test_every_figure_carries_data_floor_baseline_and_command(good: Path) -> None:
    found = result(good)
    validator().validate(found)
    assert found["complete"]
    assert [n["name"] for n in found["networks"]] == ["head_unet"]
    mae = row(found, "mae")
    assert mae["ci_low"] < mae["value"] < mae["ci_high"]
    assert mae["value"] < mae["floor"]["value"] < mae["baseline"]["value"]
    assert (mae["unit"], mae["direction"], mae["n_subjects"]) == ("HU", "lower", SUBJECTS)
    assert mae["data"]["name"] == "ref"
    assert len(mae["data"]["sha256"]) == 64
    assert "class means" in mae["floor"]["source"]
    assert row(found, "fid", "head_unet encoder")["ci_method"] == "jackknife by subject"
    assert row(found, "mae", subgroup="scanner=A")["n_subjects"] == 2
    assert row(found, "bias", "compact bone")["value"] == pytest.approx(1, abs=0.5)


def test_the_table_says_in_words_what_is_not_given(good: Path, folders: Path) -> None:
    rows = list(csv.DictReader((good / "evaluation.csv").open()))
    assert len(rows) == len(result(good)["rows"])
    out = folders / "out-no-labels"
    args = ("--tiers", "pixel", "--no-plots")
    assert evaluate(folders, "synthesis", folders / "good", folders / "ref", out, *args) == 0
    floors = {r["floor"] for r in csv.DictReader((out / "evaluation.csv").open())}
    assert floors == {"not given"}
    assert "Floor: not given" in (out / "evaluation.md").read_text()


def test_plots_are_drawn(good: Path) -> None:
    names = {path.name for path in (good / "plots").iterdir()}
    assert {"mae.png", "bias.png", "ssim.png", "by_scanner.png", "by_age.png"} <= names
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (good / "plots").iterdir())


def test_runs_are_compared_by_subject(
    folders: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folders / "out-bad"
    args = ("--tiers", "pixel", "--no-plots")
    assert evaluate(folders, "synthesis", folders / "bad", folders / "ref", out, *args) == 0
    capsys.readouterr()
    files = [str(folder / "evaluation.json") for folder in (good, out)]
    assert main(["evaluate", "compare", *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = next(line for line in lines if line.startswith("mae ↓  "))
    assert shown.split()[-3] == "*" or " *" in shown
    assert "+" in shown
    assert main(["evaluate", "compare", files[0]]) == 3
    other = json.loads(Path(files[1]).read_text())
    other["data"]["sha256"] = "0" * 64
    (folders / "other.json").write_text(json.dumps(other))
    assert main(["evaluate", "compare", files[0], str(folders / "other.json")]) == 3
    assert "other data" in capsys.readouterr().err


def test_missing_damaged_and_shifted_files_are_named_and_the_rest_is_kept(
    folders: Path, tmp_path: Path
) -> None:
    pred = tmp_path / "pred"
    pred.mkdir()
    for number in (0, 1, 2):
        name = f"sub-{number:02d}.nii.gz"
        (pred / name).write_bytes((folders / "maps" / name).read_bytes())
    (pred / "sub-01.nii.gz").write_bytes(b"no image")
    write_nifti(
        Volume(array=np.zeros((4, 4, 4), np.int16), affine=np.eye(4)), pred / "sub-02.nii.gz"
    )
    write_nifti(
        Volume(array=np.zeros((4, 4, 4), np.int16), affine=np.eye(4)), pred / "extra.nii.gz"
    )
    args = (folders, "segmentation", pred, folders / "labels", tmp_path / "out")
    assert evaluate(*args) == command.INCOMPLETE
    found = result(tmp_path / "out")
    assert not found["complete"]
    reasons = {p["file"]: p["reason"] for p in found["problems"]}
    assert set(reasons) == {"sub-01.nii.gz", "sub-02.nii.gz", "sub-03.nii.gz", "extra.nii.gz"}
    assert "shape" in reasons["sub-02.nii.gz"]
    assert "no prediction" in reasons["sub-03.nii.gz"]
    dice = row(found, "dice", "mean of the brain")
    assert (dice["n_subjects"], dice["ci_low"]) == (1, None)
    assert dice["baseline"]["source"].startswith("commonest label")
    assert "INCOMPLETE: 4 not measured" in (tmp_path / "out/evaluation.md").read_text()
    assert (tmp_path / "out/plots/bland_altman.png").is_file()


def test_nothing_to_measure_is_an_error(folders: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "sub-99.nii.gz").write_bytes(b"x")
    out = tmp_path / "out"
    assert evaluate(folders, "segmentation", tmp_path, folders / "labels", out) == 3
    assert "Nothing could be measured. sub-99.nii.gz" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--tiers", "pixel,smell"), "--tiers"), (("--range", "5,1"), "--range")],
)
def test_bad_words_are_refused(folders: Path, capsys: Any, words: Any, says: str) -> None:
    out = folders / "never"
    args = (folders, "synthesis", folders / "good", folders / "ref", out)
    assert evaluate(*args, *words) == 2
    assert says in capsys.readouterr().err


def test_the_frozen_segmenter_judges_predictions(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two heads, as the network is random and only the way through is looked at; by torch, as
    OpenVINO takes longer to compile than to run."""
    by_torch = partial(backend.open_trunk, backend="torch")
    monkeypatch.setattr(segmenter, "open_trunk", lambda model, **_: by_torch(model))
    for name in ("ref", "good"):
        (tmp_path / name).mkdir()
        for number in (0, 1):
            file = f"sub-{number:02d}.nii.gz"
            (tmp_path / name / file).write_bytes((folders / name / file).read_bytes())
    out = tmp_path / "out"
    args = (folders, "synthesis", tmp_path / "good", tmp_path / "ref", out, "--tiers", "task")
    assert evaluate(*args, "--no-plots") == 0
    found = result(out)
    assert {r["tier"] for r in found["rows"]} == {"task"}
    assert any(r["metric"] == "dice" and 0 <= r["value"] <= 1 for r in found["rows"])


def test_generation_is_held_against_halves_and_the_mean_image(
    folders: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    args = (folders, "generation", folders / "ref", folders / "ref", out, "--no-plots")
    assert evaluate(*args) == 0
    found = result(out)
    assert found["complete"]
    copied = row(found, "novelty", "radiomics")
    assert copied["value"] == 0
    assert row(found, "fid", "radiomics")["floor"]["source"].startswith("one half")
    assert row(found, "diversity", "radiomics")["baseline"]["value"] == pytest.approx(0, abs=1e-6)


def test_reports_and_lesions(folders: Path, tmp_path: Path) -> None:
    for name in ("ref", "pred"):
        (tmp_path / name).mkdir()
        for number in range(SUBJECTS):
            side = "left" if name == "ref" or number else "right"
            fact = {"structure": "hippocampus", "side": side, "finding": "small", "present": True}
            (tmp_path / name / f"sub-{number}.json").write_text(json.dumps({"facts": [fact]}))
    out = tmp_path / "out"
    args = (folders, "report", tmp_path / "pred", tmp_path / "ref", out, "--no-plots")
    assert evaluate(*args) == 0
    assert row(result(out), "laterality")["value"] == 0.75
    assert row(result(out), "fact_f1")["baseline"]["value"] == 1
    out = tmp_path / "lesions"
    args = (folders, "detection", folders / "maps", folders / "maps", out, "--no-plots")
    assert evaluate(*args) == 0
    assert row(result(out), "lesion_f1")["value"] == 1
    assert row(result(out), "lesion_sensitivity")["baseline"]["value"] == 0


def test_the_schema_names_the_fields_of_the_contract() -> None:
    schema: Any = validator().schema
    kinds = {
        "row": contract.MetricRow,
        "subject": contract.SubjectValues,
        "named": contract.Named,
        "bound": contract.Bound,
        "problem": contract.Problem,
    }
    shapes: list[tuple[Any, Any]] = [(contract.EvaluationResult, schema)]
    shapes += [(kind, schema["$defs"][name]) for name, kind in kinds.items()]
    for kind, shape in shapes:
        assert set(get_type_hints(kind)) == set(shape["properties"]) == set(shape["required"])
    assert schema["properties"]["schema"]["const"] == contract.SCHEMA


def test_a_bound_without_value_must_say_so(good: Path) -> None:
    found = result(good)
    found["rows"][0]["floor"] = {"value": None, "source": "somewhere"}
    assert not validator().is_valid(found)
    del found["rows"][0]["floor"]
    assert not validator().is_valid(found)


def test_the_command_offers_every_task_and_loads_nothing_heavy() -> None:
    assert set(command.NAMES) == set(TASKS)
    code = (
        "import sys, ml.evaluation.command\n"
        "heavy = {'torch', 'monai', 'matplotlib', 'skimage', 'scipy'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
