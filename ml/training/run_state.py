"""Training state on disk: tensors as safetensors, numbers as JSON; no pickle."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


@dataclass(slots=True)
class Progress:
    """Where a run is. ``decay_start`` and ``decay_steps`` are set once the final decay begins."""

    step: int = 0
    seconds: float = 0.0
    decay_start: int | None = None
    decay_steps: int = 0


def save(
    run_dir: Path,
    progress: Progress,
    model: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write the state so that an interrupted write leaves the previous one intact."""
    tensors: dict[str, Tensor] = {}
    for prefix, source in (("model", model), ("average", average)):
        tensors.update({f"{prefix}/{k}": v.contiguous() for k, v in source.state_dict().items()})
    for index, slots in optimizer.state_dict()["state"].items():
        tensors.update({f"optimizer/{index}/{k}": v.contiguous() for k, v in slots.items()})
    run_dir.mkdir(parents=True, exist_ok=True)
    partial = run_dir / "state.partial"
    save_file(tensors, partial, metadata={"progress": json.dumps(asdict(progress))})
    partial.replace(run_dir / "state.safetensors")
    (run_dir / "progress.json").write_text(json.dumps(asdict(progress)))


def restore(
    run_dir: Path, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> Progress:
    """Load the last state into the three objects, or leave them as they are at step 0."""
    path = run_dir / "state.safetensors"
    if not path.exists():
        return Progress()
    tensors = load_file(path)
    for prefix, target in (("model", model), ("average", average)):
        target.load_state_dict(
            {k.removeprefix(f"{prefix}/"): v for k, v in tensors.items() if k.startswith(prefix)}
        )
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimizer/"):
            _, index, name = key.split("/")
            slots.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(
        {"state": slots, "param_groups": optimizer.state_dict()["param_groups"]}
    )
    return Progress(**json.loads((run_dir / "progress.json").read_text()))
