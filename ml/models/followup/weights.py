"""Checkpoints of follow-up prediction: safetensors in half precision, with configuration,
calibration and what was measured in the header."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ml.models.followup.calibration import Calibration
from ml.models.followup.config import FollowNetConfig
from ml.models.followup.modeling import FollowNet


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A network in evaluation mode. ``calibration`` of its volume intervals and ``evidence`` (what
    a held-out evaluation found, beside carry-forward) belong to networks that predict."""

    model: FollowNet
    calibration: Calibration | None = None
    evidence: dict[str, Any] = dataclasses.field(default_factory=dict)


def save(checkpoint: Checkpoint, path: Path, *, notes: dict[str, str] | None = None) -> str:
    """Write a checkpoint; returns the SHA-256 of the file."""
    tensors = {
        name: value.detach().to(torch.float16).contiguous()
        for name, value in checkpoint.model.state_dict().items()
    }
    header: dict[str, Any] = {
        "config": dataclasses.asdict(checkpoint.model.config),
        "calibration": checkpoint.calibration and checkpoint.calibration.as_dict(),
        "evidence": checkpoint.evidence,
        "notes": notes or {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # One entry: several would be written in any order, and the digest would change.
    save_file(tensors, path, metadata={"followup": json.dumps(header, sort_keys=True)})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(path: Path) -> Checkpoint:
    """Read a checkpoint, float32. The caller has checked the digest (``RunContext.weights``)."""
    with safe_open(path, framework="pt") as stored:
        header = json.loads(stored.metadata()["followup"])
        tensors = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
    config: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in header["config"].items()
    }
    model = FollowNet(FollowNetConfig(**config))
    model.load_state_dict(tensors)
    return Checkpoint(
        model=model.eval(),
        calibration=header["calibration"] and Calibration.from_dict(header["calibration"]),
        evidence=header["evidence"],
    )
