"""Who computes the trunk: torch on a GPU, OpenVINO in bfloat16 on a CPU, torch where that is not
installed. All give the same features within the tolerance a test holds them to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from ml.models import openvino_runtime
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
        found = on_cpu and openvino_runtime.available()
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


def _openvino_trunk(model: HeadUNet, threads: int | None) -> Trunk:
    size = 2 * model.config.stride
    example = torch.zeros(1, 8, size, size, size)
    return openvino_runtime.compiled(
        _TrunkOnly(model), example, [1, 8, -1, -1, -1], threads=threads
    )
