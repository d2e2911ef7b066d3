"""plan_photons from DICOM to DICOM, on a small limb."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti
from ml.dicom.read_rtdose import read_rtdose
from ml.dicom.read_rtstruct import read_rtstruct
from ml.pipelines.plan_photons.fixture import TEMPLATE, write_case
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService

CPU = Device(kind="cpu", threads=1)
RUN = "33333333-3333-4333-8333-333333333333"


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    folder = tmp_path_factory.mktemp("data")
    text = TextService(CPU, folder)
    yield Resources(device=CPU, data_dir=folder, text=text)
    text.close()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_case(tmp_path_factory.mktemp("limb"))


def request(places: dict[str, Path], out: Path, image: str = "ct", **more: str) -> RunRequest:
    given = {"image": image, "structures": "structures", **more}
    return RunRequest(
        pipeline="plan_photons",
        run_id=RUN,
        inputs={k: ImageInput(path=places[v], kind="dicom") for k, v in given.items()},
        out_dir=out,
        params={"template": TEMPLATE, "synthesis": {"gate_score": 0.5}},
    )


@pytest.fixture(scope="module")
def run(
    places: dict[str, Path], resources: Resources, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Event]]:
    """A plan on the synthetic CT with everything there is to check it with."""
    out = tmp_path_factory.mktemp("out")
    asked = request(places, out, "sct", reference="ct", mr="mr", lower="lower", upper="upper")
    return out, list(execute(asked, CancelToken(), resources))


@pytest.fixture(scope="module")
def plan(run: tuple[Path, list[Event]]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run[0] / "plan.json").read_text())
    return content


def test_every_object_is_there_and_refers_to_the_plan(run: tuple[Path, list[Event]]) -> None:
    out, events = run
    ready = {e.data["key"]: e.data for e in events if e.type == "artifact.ready"}
    assert {"structures", "plan", "dose", "dose-reference", "dose-bulk", "plan-json"} <= set(ready)
    assert all((out / item["path"]).is_file() for item in ready.values())
    plan = pydicom.dcmread(out / "plan.dcm")
    assert plan.PlanIntent == "RESEARCH"
    assert plan.SyntheticData == "YES"
    assert plan.FractionGroupSequence[0].NumberOfFractionsPlanned == 10
    structures = read_rtstruct(out / "structures.dcm")
    assert {roi.name for roi in structures.rois} == {"GTV", "PTV", "BODY", "BONE"}
    for key in ("dose", "dose-reference", "dose-bulk", "dose-lower", "dose-upper"):
        dose = read_rtdose(out / f"{key}.dcm")
        assert dose.plan_uid == plan.SOPInstanceUID
        assert dose.volume.array.max() > 19
    frames = {structures.frame_of_reference_uid, str(plan.FrameOfReferenceUID)}
    assert len(frames) == 1


def test_the_quality_report_is_of_this_plan(run: tuple[Path, list[Event]]) -> None:
    out, events = run
    report = pydicom.dcmread(out / "qa-report.dcm")
    assert (report.CompletionFlag, report.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    text = str(report)
    assert str(pydicom.dcmread(out / "plan.dcm").SOPInstanceUID) in text
    assert "Recalculation on a real CT" in text
    assert (out / "qa-report.pdf").read_bytes().startswith(b"%PDF-")
    document = pydicom.dcmread(out / "qa-pdf.dcm")
    assert document.MIMETypeOfEncapsulatedDocument == "application/pdf"
    kinds = {e.data["key"]: e.data["kind"] for e in events if e.type == "artifact.ready"}
    assert (kinds["qa-report"], kinds["qa-pdf"]) == ("dicom", "pdf")


def test_iterations_are_streamed(run: tuple[Path, list[Event]], plan: dict[str, Any]) -> None:
    notes = [
        e.data["note"]
        for e in run[1]
        if e.type == "step.progress" and e.data.get("note", "").startswith("iteration")
    ]
    assert len(notes) == len(plan["objective"]) - 1
    assert notes[0].startswith("iteration 1: objective ")
    values = [item["value"] for item in plan["objective"]]
    assert values[-1] < values[0]


def test_the_plan_holds_what_was_asked_for(plan: dict[str, Any]) -> None:
    assert (plan["format"], plan["format_version"]) == ("synoptic-plan", 1)
    assert plan["image"]["synthetic"]
    assert plan["template"] == TEMPLATE
    figures = {(i["structure"], i["metric"]): i for i in plan["indices"]}
    assert figures["PTV", "D50"]["plan"] == pytest.approx(20.0, abs=0.01)
    assert {"plan", "reference", "bulk"} <= figures["BODY", "Dmean"].keys()
    assert plan["constraints"] == [
        {"structure": "PTV", "metric": "D50", "limit": "≥ 19.5 Gy", "value": 20.0, "status": "pass"}
    ]
    assert {s["name"]: s["role"] for s in plan["structures"]} == {
        "GTV": "target",
        "PTV": "target",
        "BONE": "organ",
        "BODY": "external",
    }
    for row in plan["dvh"]:
        assert len(row["dose_gy"]) == len(row["volume_percent"]) <= 200
    assert [beam["gantry_deg"] for beam in plan["beams"]] == [0.0, 120.0]
    assert "NaN" not in json.dumps(plan)


def test_the_checks_see_the_perturbed_ct(plan: dict[str, Any]) -> None:
    checks = {check["key"]: check for check in plan["checks"]}
    assert checks["input_sequence"]["status"] == "pass"
    assert checks["synthesis"]["figure"] == 0.5
    assert checks["external_contour"]["status"] == "pass"
    assert checks["hounsfield"]["figure"] == pytest.approx(20, abs=5)
    assert "the MR" in checks["bulk_density"]["text"]
    # The plan was normalised on the denser image, so the real one lets more through.
    difference = checks["reference"]
    assert difference["figure"] > 95
    assert "changes by +" in difference["text"]
    figures = {(i["structure"], i["metric"]): i for i in plan["indices"]}
    band = figures["PTV", "D95"]
    assert band["upper"] < band["plan"] < band["lower"]
    wider = 100 * max(band["lower"] / band["plan"] - 1, 1 - band["upper"] / band["plan"])
    assert checks["dose_band"]["figure"] == pytest.approx(wider, abs=0.05)
    assert checks["sign_off"]["status"] == "not_applicable"
    assert plan["hu_error"]["bias_soft"] == pytest.approx(20, abs=5)
    assert plan["gamma"][0]["against"] == "reference"
    assert plan["warnings"] == []


def test_pictures_of_the_checks_are_pictures(
    run: tuple[Path, list[Event]], plan: dict[str, Any]
) -> None:
    named = {c["picture"] for c in plan["checks"]} - {None}
    ready = {e.data["key"]: e.data for e in run[1] if e.type == "artifact.ready"}
    assert {"picture-contour", "picture-gamma", "picture-bulk", "picture-blend"} <= named
    for key in named:
        assert ready[key]["media_type"] == "image/png"
        assert (run[0] / ready[key]["path"]).read_bytes().startswith(b"\x89PNG")


def test_the_gamma_map_lies_on_the_dose_grid(
    run: tuple[Path, list[Event]], plan: dict[str, Any]
) -> None:
    found = read_nifti(run[0] / "gamma.nii.gz").array
    assert list(found.shape) == plan["dose_grid"]["shape"]
    judged = found[found >= 0]
    assert 100 * (judged <= 1).mean() == pytest.approx(plan["gamma"][0]["pass_percent"], abs=0.5)


def test_the_same_ct_as_reference_agrees_with_itself(
    places: dict[str, Path], resources: Resources, tmp_path: Path
) -> None:
    asked = request(places, tmp_path, reference="ct")
    list(execute(asked, CancelToken(), resources))
    plan = json.loads((tmp_path / "plan.json").read_text())
    gammas = {item["against"]: item for item in plan["gamma"]}
    assert (gammas["reference"]["pass_percent"], gammas["reference"]["mean"]) == (100.0, 0.0)
    assert plan["hu_error"]["mae"] == 0.0
    rows = [row for row in plan["indices"] if row["metric"] == "Dmean"]
    assert all(row["plan"] == row["reference"] for row in rows)
    first, second = (read_rtdose(tmp_path / f"{k}.dcm") for k in ("dose", "dose-reference"))
    assert np.array_equal(first.volume.array, second.volume.array)


def test_a_stop_between_iterations_ends_the_run(
    places: dict[str, Path], resources: Resources, tmp_path: Path
) -> None:
    cancel = CancelToken()

    def until_stopped() -> None:
        for event in execute(request(places, tmp_path), cancel, resources):
            if (event.data.get("note") or "").startswith("iteration 2:"):
                cancel.cancel()

    with pytest.raises(Cancelled):
        until_stopped()
    assert not (tmp_path / "plan.json").exists()
    with resources.volume_turn(CancelToken()):
        pass  # the turn was given back
