"""Checkpoints of the head segmenter: safetensors in half precision, digest checked at load."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ml.models.head_unet.config import HeadUNetConfig
from ml.models.head_unet.modeling import HeadUNet
from ml.models.head_unet.quality import PREFIX, StructureQuality


class WeightsDigestError(ValueError):
    """The file's digest is not the one the manifest pins: refused, never loaded."""


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def save(
    model: HeadUNet,
    path: Path,
    *,
    notes: dict[str, str] | None = None,
    quality: StructureQuality | None = None,
) -> str:
    """Write weights as float16 with the configuration in the header, and what was learnt of their
    quality beside them; returns the digest."""
    tensors = {
        name: value.detach().to(torch.float16).contiguous()
        for name, value in model.state_dict().items()
    }
    if quality is not None:
        tensors |= quality.tensors()
    config = json.dumps(dataclasses.asdict(model.config))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"config": config, **(notes or {})})
    return digest_of_file(path)


def load(path: Path, *, digest: str | None = None) -> HeadUNet:
    """Read a checkpoint into a float32 model in evaluation mode.

    Raises:
        WeightsDigestError: ``digest`` is given and is not the file's.
        FileNotFoundError: no such file.
    """
    if digest is not None and digest_of_file(path) != digest:
        raise WeightsDigestError(f"{path.name}: weights digest does not match the pinned one")
    with safe_open(path, framework="pt") as stored:
        header = json.loads(stored.metadata()["config"])
        header["channels"] = tuple(header["channels"])
        model = HeadUNet(HeadUNetConfig(**header))
        names = [name for name in stored.keys() if not name.startswith(PREFIX)]  # noqa: SIM118
        tensors = {name: stored.get_tensor(name).float() for name in names}
    model.load_state_dict(tensors)
    return model.eval()


def notes_of(path: Path) -> dict[str, str]:
    """What :func:`save` was given as notes."""
    with safe_open(path, framework="pt") as stored:
        notes: dict[str, str] = dict(stored.metadata())
    notes.pop("config", None)
    return notes
