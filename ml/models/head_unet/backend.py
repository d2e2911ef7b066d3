"""Who computes the trunk: torch on a GPU, OpenVINO in bfloat16 on a CPU, torch where that is not
installed. All give the same features within the tolerance a test holds them to."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Literal, cast

import torch
from torch import Tensor

from ml.models.head_unet.modeling import HeadUNet

Backend = Literal["auto", "torch", "openvino"]
Trunk = Callable[[Tensor], Tensor]


def open_trunk(model: HeadUNet, *, backend: Backend = "auto", threads: int | None = None) -> Trunk:
    """A function from a folded image (1, 8, z, y, x) float32 to features (1, C, z, y, x) float32.

    ``auto`` takes OpenVINO for a model on the CPU when it is importable.

    Raises:
        ModuleNotFoundError: OpenVINO was asked for by name and is not installed.
    """
    on_cpu = next(model.parameters()).device.type == "cpu"
    if backend == "auto":
        found = on_cpu and importlib.util.find_spec("openvino") is not None
        backend = "openvino" if found else "torch"
    return _openvino_trunk(model, threads) if backend == "openvino" else _torch_trunk(model)


def _torch_trunk(model: HeadUNet) -> Trunk:
    model = model.eval()
    device = next(model.parameters()).device

    def run(folded: Tensor) -> Tensor:
        x = folded.to(device).contiguous(memory_format=torch.channels_last_3d)
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
            return model.trunk(x).float()

    return run


class _TrunkOnly(torch.nn.Module):
    def __init__(self, model: HeadUNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, folded: Tensor) -> Tensor:
        return self.model.trunk(folded)


def _openvino() -> ModuleType:
    """OpenVINO without its usage statistics: they go to a server outside, and are sent by forks of
    this process that outlive it and keep its pipes open."""
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules.setdefault("openvino_telemetry", None)  # to import it is then an error, as if absent
    import openvino

    module: ModuleType = openvino
    return module


def _openvino_trunk(model: HeadUNet, threads: int | None) -> Trunk:
    openvino = _openvino()
    size = 2 * model.config.stride
    converted = openvino.convert_model(
        _TrunkOnly(model.eval()), example_input=torch.zeros(1, 8, size, size, size)
    )
    converted.reshape([1, 8, -1, -1, -1])
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    compiled = openvino.Core().compile_model(converted, "CPU", settings)

    def run(folded: Tensor) -> Tensor:
        return torch.from_numpy(compiled(folded.numpy())[0])

    return run
