"""Weights files: where they lie, and that they are the ones their manifest names."""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from pathlib import Path

from ml.contracts.errors import DigestMismatch, WeightsMissing
from ml.contracts.manifest import Manifest, WeightsSpec
from ml.runtime import places

_lock = threading.Lock()


@lru_cache(maxsize=256)
def _digest(path: Path, _size: int, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file in hex; remembered until the file's size or time of change differs."""
    stat = path.stat()
    with _lock:
        return _digest(path, stat.st_size, stat.st_mtime_ns)


def weights_path(spec: WeightsSpec, data_dir: Path | None = None) -> Path:
    """Where the file of ``spec`` should lie."""
    root = places.models_dir(data_dir) if spec.installed else places.REPOSITORY
    return root / spec.path


def verified_path(spec: WeightsSpec, data_dir: Path | None = None) -> Path:
    """Path of a weights file whose digest is right: read weights from nowhere else.

    Raises:
        WeightsMissing: there is no such file.
        DigestMismatch: the file is another one than the manifest names.
    """
    path = weights_path(spec, data_dir)
    if not path.is_file():
        hint = " Run `python -m ml prepare`." if spec.installed else ""
        raise WeightsMissing(f"The weights {spec.name} are not installed.{hint}")
    if file_digest(path) != spec.sha256:
        raise DigestMismatch(
            f"The weights {spec.name} are not the ones the pipeline was released with."
        )
    return path


def verify(manifest: Manifest, data_dir: Path | None = None) -> None:
    """Check every weights file of a pipeline. Raises as ``verified_path`` does."""
    for spec in manifest.weights:
        verified_path(spec, data_dir)
