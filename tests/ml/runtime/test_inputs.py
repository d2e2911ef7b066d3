from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, InputRefused, InputUnusual
from ml.contracts.manifest import InputSpec
from ml.contracts.request import ImageInput, RunRequest
from ml.runtime.context import ModelCache, Resources, RunContext
from ml.runtime.devices import Device, is_out_of_memory, open_device
from ml.runtime.inputs import read_input
from ml.runtime.registry import manifest_of
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import grid, mr_series

CPU = Device(kind="cpu", threads=1)


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    return Resources(device=CPU, data_dir=tmp_path, text=TextService(CPU, tmp_path))


@pytest.fixture
def context(tmp_path: Path, resources: Resources) -> RunContext:
    """A run on a small axial MR of the head, 40 slices of 3 mm."""
    mr_series(tmp_path / "series", grid(shape=(40, 80, 96)))
    manifest = manifest_of("draft_report")
    return RunContext(
        request=RunRequest(
            pipeline="draft_report",
            run_id="r",
            inputs={"image": ImageInput(path=tmp_path / "series", kind="dicom")},
            out_dir=tmp_path,
        ),
        cancel=CancelToken(),
        manifest=manifest,
        resources=resources,
    )


def with_spec(context: RunContext, **changes: object) -> RunContext:
    spec: InputSpec = replace(context.manifest.inputs[0], **changes)  # type: ignore[arg-type]
    return replace(context, manifest=replace(context.manifest, inputs=(spec,)))


def test_a_fitting_series_is_read_and_noted(context: RunContext) -> None:
    context = with_spec(context, gate="")
    volume = read_input(context)
    assert volume.shape == (40, 80, 96)
    assert volume.source is not None
    assert context.series_uids == {"image": volume.source.series_uid}


def test_an_unusual_image_is_held_back_unless_there_is_a_reason(context: RunContext) -> None:
    """The series is noise in the shape of a head's box."""
    with pytest.raises(InputUnusual, match="unlike those that the models were made for"):
        read_input(context)
    assert context.values["gate"]["score"] > 1

    reason = "A phantom, to see what the model says."
    allowed = replace(context, request=replace(context.request, override_reason=reason), values={})
    assert read_input(allowed).shape == (40, 80, 96)
    assert allowed.values["gate"]["override_reason"] == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"modalities": ("CT",)}, "It is MR, not CT."),
        ({"body_parts": ("KNEE", "HIP")}, "It shows HEAD, not KNEE or HIP."),
        ({"min_slices": 50}, "It has 40 slices, not 50 to"),
        ({"max_spacing_mm": 2.0}, "3.0 mm wide, more than 2 mm"),
        ({"min_extent_mm": 150.0}, "It covers 120 mm, less than 150 mm"),
    ],
)
def test_a_misfit_is_refused_with_its_reason(
    context: RunContext, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        read_input(with_spec(context, **changes))
    assert reason in refused.value.user_message
    assert not context.series_uids


def test_every_reason_is_named(context: RunContext) -> None:
    with pytest.raises(InputRefused) as refused:
        read_input(with_spec(context, modalities=("CT",), min_slices=50))
    assert "not CT" in refused.value.user_message
    assert "40 slices" in refused.value.user_message


def test_volume_work_takes_turns_and_a_stop_is_heard_while_waiting(resources: Resources) -> None:
    order: list[str] = []
    held = threading.Event()

    def work() -> None:
        with resources.volume_turn(CancelToken()):
            held.set()
            time.sleep(0.4)
            order.append("first")

    thread = threading.Thread(target=work)
    thread.start()
    held.wait(5)
    impatient = CancelToken()
    impatient.cancel()
    with pytest.raises(Cancelled), resources.volume_turn(impatient):
        order.append("never")
    with resources.volume_turn(CancelToken()):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_a_model_is_loaded_once_for_all_threads() -> None:
    cache, loads = ModelCache(), []

    def load() -> object:
        time.sleep(0.05)
        loads.append(1)
        return object()

    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get("a", load))) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(set(map(id, found))) == 1


def test_devices_are_chosen_by_name() -> None:
    assert open_device("cpu").kind == "cpu"
    with pytest.raises(ValueError, match="auto, cpu or cuda"):
        open_device("gpu")


def test_want_of_memory_is_recognised() -> None:
    refused = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1")
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(refused)
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
