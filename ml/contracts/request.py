"""What is asked of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInput:
    """One image series: a folder of DICOM files, or a NIfTI file."""

    path: Path
    kind: Literal["dicom", "nifti"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run of one pipeline.

    ``run_id`` names the run; UIDs of DICOM results are derived from it and the output's key, so
    that the same run made twice gives the same objects. ``override_reason``: why an image is to be
    taken that the gate would hold back; whoever may say so has said so before.
    """

    pipeline: str
    run_id: str
    inputs: dict[str, ImageInput]
    out_dir: Path
    params: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    override_reason: str = ""
