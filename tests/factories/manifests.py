"""Manifests of pipelines that exist in tests only, with small weights files of their own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ml.contracts.manifest import InputSpec, Manifest, OutputSpec, WeightsSpec


def weights_make(data_dir: Path, name: str, content: bytes = b"weights") -> WeightsSpec:
    """A weights file in the data folder's ``models/`` and the spec that names its digest."""
    path = data_dir / "models" / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return WeightsSpec(
        name=name,
        path=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        licence="CC0-1.0",
        installed=True,
    )


def manifest_make(
    name: str = "trial",
    *,
    version: str = "1.0.0",
    weights: tuple[WeightsSpec, ...] = (),
    card: Path = Path("no-card.md"),
    **changed: Any,
) -> Manifest:
    values: dict[str, Any] = {
        "title": name.replace("_", " ").capitalize(),
        "summary": "Does nothing, in tests.",
        "intended_use": "Tests.",
        "limitations": "Everything else.",
        "licence": "Apache-2.0",
        "queue": "gpu",
        "time_limit_s": 60.0,
        "inputs": (InputSpec(name="image", title="Head MR", modalities=("MR",)),),
        "outputs": (OutputSpec(key="seg", kind="seg", title="Segmentation"),),
        "parameters": {"type": "object", "properties": {"seed": {"type": "integer"}}},
        **changed,
    }
    return Manifest(name=name, version=version, weights=weights, card=card, **values)
