"""Which pipelines are on offer: every folder of ``ml/pipelines`` with a ``manifest.toml``.

Light: reading manifests imports no pipeline and no torch. ``SYNOPTIC_EXTRA_PIPELINES`` may name
one more folder of such folders, for pipelines kept outside the repository.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_args

from ml.contracts.errors import UnknownPipeline
from ml.contracts.manifest import (
    InputSpec,
    KeyMetricSpec,
    Manifest,
    OutputSpec,
    Pillar,
    WeightsSpec,
)

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"
MANIFEST = "manifest.toml"
_importing = threading.Lock()
T = TypeVar("T", InputSpec, OutputSpec, WeightsSpec, KeyMetricSpec, Manifest)


class ManifestRefused(ValueError):
    """A ``manifest.toml`` lacks a field, has one too many, or says something impossible."""


def _folders() -> Iterator[Path]:
    roots = [PIPELINES]
    if extra := os.environ.get("SYNOPTIC_EXTRA_PIPELINES"):
        roots.append(Path(extra))
    for root in roots:
        yield from sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _build(kind: type[T], table: dict[str, Any], where: str) -> T:
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(table.keys() - known.keys()):
        raise ManifestRefused(f"{where}: unknown {', '.join(unknown)}")
    missing = sorted(n for n, field in known.items() if _required(field) and n not in table)
    if missing:
        raise ManifestRefused(f"{where}: missing {', '.join(missing)}")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return kind(**values)


def read_manifest(path: Path) -> Manifest:
    """Read one ``manifest.toml``. Raises ``ManifestRefused`` when it does not hold what it must."""
    where = f"{path.parent.name}/{MANIFEST}"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ManifestRefused(f"{where}: {error}") from error
    parts: dict[str, type[Any]] = {
        "inputs": InputSpec,
        "outputs": OutputSpec,
        "weights": WeightsSpec,
        "key_metrics": KeyMetricSpec,
    }
    for key, kind in parts.items():
        table[key] = [_build(kind, row, f"{where} [[{key}]]") for row in table.get(key, [])]
    for used in table.get("uses", []):
        table["weights"] += read_manifest(path.parents[1] / used / MANIFEST).weights
    if table.get("name") != path.parent.name:
        raise ManifestRefused(f"{where}: name must be the folder's, {path.parent.name!r}")
    if table.get("queue") not in ("gpu", "io"):
        raise ManifestRefused(f"{where}: queue must be 'gpu' or 'io'")
    for row in table["key_metrics"]:
        if row.pillar not in get_args(Pillar):
            raise ManifestRefused(f"{where}: pillar must be one of {', '.join(get_args(Pillar))}")
    return _build(Manifest, {**table, "card": path.parent / "README.md"}, where)


def manifests() -> tuple[Manifest, ...]:
    """Every pipeline on offer, by name."""
    found = [read_manifest(folder / MANIFEST) for folder in _folders()]
    return tuple(sorted(found, key=lambda manifest: manifest.name))


def manifest_of(name: str) -> Manifest:
    """The manifest of one pipeline. Raises ``UnknownPipeline``."""
    for folder in _folders():
        if folder.name == name:
            return read_manifest(folder / MANIFEST)
    raise UnknownPipeline(f"There is no pipeline named {name[:80]!r}.")


def load_pipeline(manifest: Manifest) -> ModuleType:
    """Import ``pipeline.py`` of a manifest's folder; it has ``run(context) -> Iterator[Event]``
    and may have ``warm(resources)``."""
    folder = manifest.card.parent
    if folder.parent == PIPELINES:
        return importlib.import_module(f"ml.pipelines.{manifest.name}.pipeline")
    module_name = f"synoptic_extra_pipelines_{manifest.name}"
    # Runs start in threads of their own, and none may see a module that is half made.
    with _importing:
        if module_name in sys.modules:
            return sys.modules[module_name]
        spec = importlib.util.spec_from_file_location(module_name, folder / "pipeline.py")
        if spec is None or spec.loader is None:
            raise UnknownPipeline(f"The pipeline {manifest.name} has no pipeline.py.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise
        return module
