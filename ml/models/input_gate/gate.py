"""Is this image of the kind a model was made for? One score per image, and where it differs.

The score is the distance to the nearest usual images in the space of the features, whitened by
their spread (a k-nearest-neighbour detector: Sun et al., ICML 2022), divided by the distance that
one usual image in a hundred exceeds: above 1 the image is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from ml.imaging.volume import Volume
from ml.models.input_gate.features import GROUPS, measure

Matrix = NDArray[np.float32]
NEIGHBOURS = 5
FALSE_ALARMS = 0.01
# How much of the spread of a feature is taken as its own rather than shared with others.
_SHRINKAGE = 0.2
_TOLD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``score``: above 1 the image is unusual. ``reasons``: the groups of features in which it
    differs most, in words for people, most unusual first; empty when the image is accepted."""

    score: float
    reasons: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return self.score <= 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputGate:
    """``centre`` (F,), ``whitening`` (F, F) and ``usual`` (N, F), the whitened training images;
    ``limit`` is the distance that is just still accepted."""

    names: tuple[str, ...]
    centre: Matrix
    spread: Matrix
    whitening: Matrix
    usual: Matrix
    limit: float

    def check(self, volume: Volume) -> Verdict:
        """Judge an image, (z, y, x) on any grid.

        Raises:
            ValueError: it holds no signal, or values that are not finite.
        """
        return self.judge(measure(volume))

    def judge(self, features: Mapping[str, float]) -> Verdict:
        """Judge features measured before."""
        row = np.array([features[name] for name in self.names], dtype=np.float32)
        score = self.distance(row) / self.limit
        return Verdict(score=score, reasons=() if score <= 1.0 else self._reasons(row))

    def distance(self, row: Matrix) -> float:
        """Distance of a feature row (F,) to its k-th nearest usual image."""
        place = (row - self.centre) @ self.whitening
        distances = np.linalg.norm(self.usual - place, axis=1)
        return float(np.partition(distances, NEIGHBOURS - 1)[NEIGHBOURS - 1])

    def _reasons(self, row: Matrix) -> tuple[str, ...]:
        away = np.abs(row - self.centre) / self.spread
        worst = {
            group: max(
                (away[i] for i, name in enumerate(self.names) if name.startswith(f"{group}/")),
                default=0.0,
            )
            for group in GROUPS
        }
        ordered = sorted(worst, key=lambda group: -worst[group])[:_TOLD]
        return tuple(GROUPS[group] for group in ordered)


def fit(rows: Sequence[Mapping[str, float]], held_out: Sequence[Mapping[str, float]]) -> InputGate:
    """A gate from usual images, its limit set on other usual images of other subjects.

    Args:
        rows: features of the usual images, at least as many as there are features.
        held_out: features of images of subjects that are not in ``rows``.

    Raises:
        ValueError: too few images.
    """
    names = tuple(rows[0])
    table = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    if len(table) < len(names) or len(held_out) < 1 / FALSE_ALARMS:
        raise ValueError("too few images to fit the gate on")
    centre = table.mean(axis=0)
    spread = table.std(axis=0) + 1e-3
    correlated = np.cov((table - centre) / spread, rowvar=False)
    shrunk = (1 - _SHRINKAGE) * correlated + _SHRINKAGE * np.eye(len(names))
    values, vectors = np.linalg.eigh(shrunk)
    whitening = (vectors / np.sqrt(values)) / spread[:, None]
    gate = InputGate(
        names=names,
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        whitening=whitening.astype(np.float32),
        usual=((table - centre) @ whitening).astype(np.float32),
        limit=1.0,
    )
    distances = [
        gate.distance(np.array([row[name] for name in names], np.float32)) for row in held_out
    ]
    limit = float(np.quantile(distances, 1 - FALSE_ALARMS, method="higher"))
    return InputGate(**{**_fields(gate), "limit": limit})


def _fields(gate: InputGate) -> dict[str, Any]:
    return {name: getattr(gate, name) for name in InputGate.__dataclass_fields__}


def save(gate: InputGate, path: Path) -> str:
    """Write a gate as safetensors; returns the SHA-256 of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: np.ascontiguousarray(getattr(gate, name))
        for name in ("centre", "spread", "whitening", "usual")
    }
    header = {"names": json.dumps(gate.names), "limit": repr(gate.limit)}
    save_file(tensors, path, metadata=header)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(path: Path) -> InputGate:
    """Read a gate. The caller has checked the file's digest (``RunContext.weights``)."""
    with safe_open(path, framework="numpy") as stored:
        header = stored.metadata()
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    return InputGate(
        names=tuple(json.loads(header["names"])), limit=float(header["limit"]), **tensors
    )
