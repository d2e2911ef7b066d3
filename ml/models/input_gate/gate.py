"""The input gate, and its file (safetensors)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from ml.models.input_gate.distance import Usual
from ml.models.input_gate.judges import FALSE_ALARMS, InputGate, Verdict, calibrated
from ml.models.input_gate.picture import Picture
from ml.models.input_gate.planes import PlaneNet
from ml.models.input_gate.view import ViewNet

__all__ = ["FALSE_ALARMS", "InputGate", "Verdict", "calibrated", "load", "save"]

_USUAL = ("centre", "spread", "whitening", "images")
_JUDGES = ("start", "reach", "shape")
_PICTURE = ("centre", "spread", "weights", "offset")


def save(gate: InputGate, path: Path) -> str:
    """Write a gate; returns the SHA-256 of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {f"usual.{name}": getattr(gate.usual, name) for name in _USUAL}
    tensors |= {f"picture.{name}": getattr(gate.picture, name) for name in _PICTURE}
    # Half precision keeps the file small; the networks were rounded so before they were calibrated.
    for prefix, network in (("view", gate.view_net), ("planes", gate.plane_net)):
        weights = network.state_dict()
        tensors |= {f"{prefix}.{name}": value.half().numpy() for name, value in weights.items()}
    tensors |= {f"judges.{name}": getattr(gate, name) for name in _JUDGES}
    header = {"usual": gate.usual.names, "picture": gate.picture.names, "limit": gate.limit}
    # One entry: several would be written in any order, and the digest would change.
    metadata = {"gate": json.dumps(header)}
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata=metadata)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(path: Path) -> InputGate:
    """Read a gate. The caller has checked the file's digest (``RunContext.weights``)."""
    with safe_open(path, framework="numpy") as stored:
        header = json.loads(stored.metadata()["gate"])
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    view, planes = _under(tensors, "view."), _under(tensors, "planes.")
    view_net = ViewNet(width=view["body.0.weight"].shape[0])
    plane_net = PlaneNet(width=planes["body.0.weight"].shape[0])
    for network, weights in ((view_net, view), (plane_net, planes)):
        network.load_state_dict({name: torch.from_numpy(v).float() for name, v in weights.items()})
    return InputGate(
        usual=Usual(names=tuple(header["usual"]), **_under(tensors, "usual.")),
        view_net=view_net.eval(),
        plane_net=plane_net.eval(),
        picture=Picture(names=tuple(header["picture"]), **_under(tensors, "picture.")),
        **_under(tensors, "judges."),
        limit=float(header["limit"]),
    )


def _under(tensors: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
