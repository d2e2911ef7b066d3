"""Where things lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def data_dir(chosen: Path | None = None) -> Path:
    """The data folder: ``chosen``, else ``SYNOPTIC_DATA_DIR``, else ``.data`` of the repository."""
    if chosen is not None:
        return chosen
    return REPOSITORY / os.environ.get("SYNOPTIC_DATA_DIR", ".data")


def models_dir(chosen: Path | None = None) -> Path:
    """The folder of models that are prepared at set-up, too large for the repository."""
    return data_dir(chosen) / "models"
