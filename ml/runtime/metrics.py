"""Metrics files: what was measured of a checkpoint, as it lies beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from ml.contracts.card import Figure, MetricsFile
from ml.contracts.manifest import Manifest, WeightsSpec
from ml.runtime import places

# How metrics files name a figure and the ends of its interval.
_VALUES = ("value", "estimate", "mean", "share")
_LOWS, _HIGHS = ("ci_low", "lower", "low"), ("ci_high", "upper", "high")


def metrics_of(manifest: Manifest) -> tuple[MetricsFile, ...]:
    """The metrics files that a manifest names, also those that are not there."""
    return tuple(_read(spec) for spec in manifest.weights if spec.metrics)


def _read(spec: WeightsSpec) -> MetricsFile:
    path = places.REPOSITORY / spec.metrics
    sha256, content = "", None
    if path.is_file():
        text = path.read_bytes()
        content = _object(text)
        sha256 = hashlib.sha256(text).hexdigest() if content is not None else ""
    return MetricsFile(
        weights=spec.name,
        path=spec.metrics,
        sha256=sha256,
        checkpoint=_checkpoint(content, spec.sha256),
        content=content,
    )


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _checkpoint(
    content: dict[str, Any] | None, sha256: str
) -> Literal["same", "other", "not stated"]:
    named = None if content is None else content.get("checkpoint_sha256")
    if named is None:
        return "not stated"
    return "same" if named == sha256 else "other"


def key_figures(manifest: Manifest, files: Iterable[MetricsFile]) -> Iterator[Figure]:
    """The figures that a manifest takes into the card. One that its file does not have is left
    out: the card says "not stated" where a pillar has none."""
    contents = {file.weights: file.content for file in files}
    for spec in manifest.key_metrics:
        found: Any = contents.get(spec.weights)
        for key in spec.at:
            found = found.get(key) if isinstance(found, dict) else None
        figures = _numbers(found)
        if figures is not None:
            value, low, high = figures
            yield Figure(
                pillar=spec.pillar,
                label=spec.label,
                value=value,
                low=low,
                high=high,
                level=found.get("ci_level", 0.95) if isinstance(found, dict) else 0.95,
                unit=spec.unit,
            )


def _numbers(found: Any) -> tuple[float, float | None, float | None] | None:
    """A number, or an object that names it and perhaps the ends of its interval."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found), None, None
    if not isinstance(found, dict):
        return None
    value = _first(found, _VALUES)
    return None if value is None else (value, _first(found, _LOWS), _first(found, _HIGHS))


def _first(found: dict[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        if isinstance(found.get(name), int | float):
            return float(found[name])
    return None
