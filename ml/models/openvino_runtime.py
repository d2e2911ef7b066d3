"""OpenVINO as a runtime for convolutional networks on a CPU."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Literal, cast

import torch
from torch import Tensor, nn

Precision = Literal["bf16", "f32"]


def available() -> bool:
    return importlib.util.find_spec("openvino") is not None


def compiled(
    module: nn.Module,
    example: Tensor,
    shape: Sequence[int],
    *,
    threads: int | None = None,
    precision: Precision = "bf16",
) -> Callable[[Tensor], Tensor]:
    """``module`` as a function of one float32 tensor on the CPU; -1 in ``shape`` is any size.

    Raises:
        ModuleNotFoundError: OpenVINO is not installed.
    """
    openvino = _openvino()
    converted = openvino.convert_model(module.eval(), example_input=example)
    converted.reshape(list(shape))
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    program = openvino.Core().compile_model(converted, "CPU", settings)

    def run(values: Tensor) -> Tensor:
        return torch.from_numpy(program(values.numpy())[0])

    return run


def _openvino() -> ModuleType:
    """OpenVINO without its usage statistics: they go to a server outside, and are sent by forks of
    this process that outlive it and keep its pipes open."""
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules.setdefault("openvino_telemetry", None)  # to import it is then an error, as if absent
    import openvino

    module: ModuleType = openvino
    return module
