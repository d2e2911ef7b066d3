"""predict_followup and score_prediction from input to results, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import (
    Cancelled,
    DifferentPatient,
    InputRefused,
    ModalityMismatch,
    ParametersRefused,
    ReversedOrder,
)
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.read import read_series
from ml.imaging.volume import Volume
from ml.models.followup.calibration import Calibration
from ml.models.followup.weights import Checkpoint
from ml.pipelines.predict_followup import pipeline
from ml.pipelines.predict_followup.fixture import PhantomReader, head, tiny_predictor
from ml.pipelines.score_prediction import pipeline as score_pipeline
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import mr_series

CPU = Device(kind="cpu", threads=1)
GOOD = {"beats_carry_forward": True, "delta_rmae_ratio": 0.6}
CALIBRATION = Calibration(lesion=2.0, ventricle=2.0, patients=20)


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    text = TextService(CPU, tmp_path)
    yield Resources(device=CPU, data_dir=tmp_path, text=text)
    text.close()


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Checkpoint]:
    """Networks that know the phantom; tests may put others in their place."""
    networks = {
        "reader": Checkpoint(model=PhantomReader().eval()),
        "predictor": Checkpoint(
            model=tiny_predictor(), calibration=CALIBRATION, evidence=dict(GOOD)
        ),
    }

    def load(_manifest: object, _resources: object, name: str) -> Checkpoint:
        return networks[name]

    monkeypatch.setattr(pipeline, "load_checkpoint", load)
    monkeypatch.setattr(score_pipeline, "load_checkpoint", load)
    return networks


def given(image: Volume | Path, path: Path) -> ImageInput:
    if isinstance(image, Path):
        return ImageInput(path=image, kind="dicom")
    write_nifti(image, path)
    return ImageInput(path=path, kind="nifti")


def run(
    inputs: dict[str, Volume | Path],
    resources: Resources,
    out: Path,
    *,
    name: str = "predict_followup",
    **params: Any,
) -> list[Event]:
    out.mkdir(exist_ok=True)
    if name == "predict_followup":
        params = {"samples": 2, "sampler_steps": 2, **params}
    request = RunRequest(
        pipeline=name,
        run_id="44444444-4444-4444-8444-444444444444",
        inputs={k: given(v, out.parent / f"{out.name}-{k}.nii.gz") for k, v in inputs.items()},
        out_dir=out,
        params=params,
    )
    return list(execute(request, CancelToken(), resources))


def content(out: Path, name: str = "prediction") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / f"{name}.json").read_text())
    return found


def codes(out: Path) -> set[str]:
    return {warning["code"] for warning in content(out)["warnings"]}


def test_a_network_of_zeros_carries_the_base_forward(
    resources: Resources, tmp_path: Path, known: dict[str, Checkpoint]
) -> None:
    known["predictor"] = Checkpoint(model=tiny_predictor(zero=True), calibration=CALIBRATION)
    base = head()
    run({"base": base}, resources, tmp_path / "out", base_date="2024-01-01")
    found = content(tmp_path / "out")
    assert np.array_equal(read_nifti(tmp_path / "out" / "predicted.nii.gz").array, base.array)
    truth_ml = 4 / 3 * np.pi * 1.2**3
    assert found["carry_forward_ml"] == pytest.approx(truth_ml, rel=0.12)
    assert found["volumes"][-1]["median_ml"] == pytest.approx(found["carry_forward_ml"], rel=0.02)
    assert found["volumes"][-1]["days"] == found["days"] == 180
    assert found["target_date"] == "2024-06-29"
    # What no evaluation has shown to be better says so.
    assert found["beats_carry_forward"] is False
    assert "not_better_than_carry_forward" in codes(tmp_path / "out")


def test_a_prediction_has_its_interval_its_map_and_a_preview_for_each_step(
    resources: Resources, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    events = run({"base": head()}, resources, out, days=90, treatment="chemotherapy")
    found = content(out)
    for row in found["volumes"]:
        assert row["lower_ml"] <= row["median_ml"] <= row["upper_ml"]
    assert found["volumes"][0]["lower_ml"] == found["carry_forward_ml"]
    assert found["beats_carry_forward"] is True
    assert found["treatment"] == "chemotherapy"
    probability = read_nifti(out / "growth_probability.nii.gz").array
    assert 0 <= probability.min() <= probability.max() <= 1
    kept = [e.data for e in events if e.type == "artifact.ready" and e.data["key"] == "preview"]
    assert [bool(one.get("incomplete")) for one in kept] == [True, False]


def test_a_series_gives_objects_that_say_what_they_are(
    resources: Resources, tmp_path: Path
) -> None:
    mr_series(tmp_path / "series", head())
    out = tmp_path / "out"
    run({"base": tmp_path / "series"}, resources, out)
    made = read_series(out / "predicted")
    assert np.array_equal(made.array, read_nifti(out / "predicted.nii.gz").array)
    header = pydicom.dcmread(next(iter((out / "predicted").iterdir())), stop_before_pixels=True)
    assert header.SeriesDescription.startswith("SYNTHETIC PREDICTED day +180")
    assert header.SyntheticData == "YES"
    assert "SYNTHETIC" in header.ImageType
    for key in ("growth-probability", "change-map"):
        assert np.allclose(read_series(out / f"{key}.dcm").affine, made.affine, atol=1e-4)
    assert content(out)["base"]["date"] == "2020-03-04"
    with pytest.raises(InputRefused, match="a model or a run made"):
        run({"base": out / "predicted"}, resources, tmp_path / "again")
    with pytest.raises(InputRefused, match="a model or a run made"):
        run(
            {"base": tmp_path / "series", "prior": out / "predicted"},
            resources,
            tmp_path / "prior",
        )


def test_a_prior_counts_by_its_date(resources: Resources, tmp_path: Path) -> None:
    inputs: dict[str, Volume | Path] = {"base": head(12.0), "prior": head(9.0, seed=1)}
    dates = {"base_date": "2024-05-01", "prior_date": "2024-01-01"}
    run(inputs, resources, tmp_path / "with", **dates)
    assert content(tmp_path / "with")["priors"][0]["date"] == "2024-01-01"
    assert codes(tmp_path / "with") == set()
    run(inputs, resources, tmp_path / "undated")
    assert codes(tmp_path / "undated") == {"prior_without_interval"}
    with pytest.raises(ReversedOrder):
        run(inputs, resources, tmp_path / "late", base_date="2024-01-01", prior_date="2024-05-01")


def test_days_beyond_the_training_data_widen_the_interval(
    resources: Resources, tmp_path: Path
) -> None:
    run({"base": head()}, resources, tmp_path / "out", days=1200)
    assert codes(tmp_path / "out") == {"beyond_training_range"}
    last = content(tmp_path / "out")["volumes"][-1]
    samples = content(tmp_path / "out")["sample_volumes_ml"]
    plain = CALIBRATION.interval(samples, content(tmp_path / "out")["carry_forward_ml"], 480)
    assert last["upper_ml"] - last["median_ml"] > 2.5 * (plain.upper - plain.median)


def test_what_is_no_head_mr_is_refused(resources: Resources, tmp_path: Path) -> None:
    ct = head()
    with pytest.raises(ModalityMismatch):
        run({"base": ct.like(ct.array - 1000)}, resources, tmp_path / "ct")
    small = np.zeros_like(ct.array)
    small[30:34, 30:34, 30:34] = 900
    with pytest.raises(InputRefused, match="no brain"):
        run({"base": ct.like(small)}, resources, tmp_path / "empty")
    with pytest.raises(ParametersRefused):
        run({"base": head()}, resources, tmp_path / "now", days=0)


def test_another_patients_prior_is_refused(resources: Resources, tmp_path: Path) -> None:
    for name in ("one", "two"):
        files = mr_series(tmp_path / name, head(), name)
        for file in files:
            header = pydicom.dcmread(file)
            header.PatientID = name
            header.save_as(file)
    with pytest.raises(DifferentPatient):
        run({"base": tmp_path / "one", "prior": tmp_path / "two"}, resources, tmp_path / "out")


def test_a_stop_between_two_steps_keeps_what_there_is(resources: Resources, tmp_path: Path) -> None:
    out, token = tmp_path / "out", CancelToken()
    out.mkdir()
    request = RunRequest(
        pipeline="predict_followup",
        run_id="44444444-4444-4444-8444-444444444444",
        inputs={"base": given(head(), tmp_path / "base.nii.gz")},
        out_dir=out,
        params={"samples": 1},
    )
    seen: list[Event] = []

    def watch() -> None:
        for event in execute(request, token, resources):
            seen.append(event)
            if event.type == "artifact.ready":
                token.cancel()

    with pytest.raises(Cancelled):
        watch()
    shown = [e.data for e in seen if e.type == "artifact.ready"]
    assert [one["key"] for one in shown] == ["preview"]
    assert shown[0]["incomplete"]
    assert (out / "preview.png").stat().st_size > 0
    assert not (out / "prediction.json").exists()


def prediction(base_ml: float, later_ml: float) -> dict[str, Any]:
    last = {"days": 180, "median_ml": later_ml, "lower_ml": later_ml - 2, "upper_ml": later_ml + 2}
    return {"days": 180, "base": {"date": "2024-01-01"}, "volumes": [last], "carry": base_ml}


def test_a_right_prediction_beats_carrying_the_base_forward(
    resources: Resources, tmp_path: Path
) -> None:
    later = 4 / 3 * np.pi * 1.6**3
    inputs: dict[str, Volume | Path] = {
        "base": head(12.0),
        "actual": head(16.0, seed=1),
        "predicted": head(16.0, seed=2),
    }
    out = tmp_path / "out"
    run(
        inputs, resources, out, name="score_prediction",
        prediction=prediction(7.2, later), actual_date="2024-07-01",
    )  # fmt: skip
    score = content(out, "score")
    assert score["days_actual"] == 182
    assert score["inside_interval"] is True
    assert score["dice"] > 0.95 > score["carry_forward"]["dice"]
    assert score["new_tissue_dice"] > 0.9
    assert score["delta_rmae"] < 0.3
    assert score["beats_carry_forward"] is True
    assert score["warnings"] == []
    assert np.abs(read_nifti(out / "error.nii.gz").array).max() < 1


def test_a_wrong_prediction_of_another_day_says_both(resources: Resources, tmp_path: Path) -> None:
    inputs: dict[str, Volume | Path] = {
        "base": head(12.0),
        "actual": head(12.0, seed=1),
        "predicted": head(16.0, seed=2),
    }
    out = tmp_path / "out"
    run(
        inputs, resources, out, name="score_prediction",
        prediction=prediction(7.2, 17.1), actual_date="2024-09-01",
    )  # fmt: skip
    score = content(out, "score")
    assert score["inside_interval"] is False
    assert score["beats_carry_forward"] is False
    assert [w["code"] for w in score["warnings"]] == ["other_day"]
    with pytest.raises(ReversedOrder):
        run(
            inputs, resources, tmp_path / "early", name="score_prediction",
            prediction=prediction(7.2, 17.1), actual_date="2023-09-01",
        )  # fmt: skip
    with pytest.raises(InputRefused, match="not those of predict_followup"):
        run(inputs, resources, tmp_path / "odd", name="score_prediction", prediction={})
