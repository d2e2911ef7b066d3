"""Which files belong together: predictions, references, masks and label maps, paired by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.contracts.errors import InputRefused
from ml.contracts.evaluation import Named
from ml.dicom.nifti import read_nifti
from ml.dicom.read import read_series
from ml.imaging.volume import Volume

_ENDINGS = (".nii.gz", ".nii", ".json")
_SUBJECT = re.compile(r"sub-[A-Za-z0-9]+")
_SAME_GRID = 1e-3  # mm, or of a direction


class CaseRefused(InputRefused):
    """One file that cannot be measured; ``file`` is its name."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file, self.reason = file, reason

    def __reduce__(self) -> tuple[type[CaseRefused], tuple[str, str]]:  # type: ignore[override]
        return type(self), (self.file, self.reason)


@dataclass(frozen=True, slots=True)
class Entry:
    """One image or report: a file, or a folder that holds one DICOM series."""

    name: str
    path: Path

    @property
    def subject(self) -> str:
        """``sub-XX`` where the name holds it, else the whole name."""
        found = _SUBJECT.search(self.name)
        return found.group() if found else self.name


def entries(folder: Path) -> dict[str, Entry]:
    """The images or reports of a folder by name: ``*.nii``, ``*.nii.gz``, ``*.json``, and
    subfolders taken as DICOM series.

    Raises:
        InputRefused: no such folder, nothing in it, or two files of one name.
    """
    if not folder.is_dir():
        raise InputRefused(f"There is no folder {folder.name}.")
    found: dict[str, Entry] = {}
    for path in sorted(folder.iterdir()):
        ending = next((e for e in _ENDINGS if path.name.lower().endswith(e)), None)
        if path.name.startswith(".") or (ending is None and not path.is_dir()):
            continue
        name = path.name if ending is None else path.name[: -len(ending)]
        if name in found:
            raise InputRefused(f"{folder.name}: there is more than one file named {name}.")
        found[name] = Entry(name, path)
    if not found:
        raise InputRefused(f"{folder.name}: the folder holds no NIfTI, JSON or DICOM series.")
    return found


def read_volume(entry: Entry) -> Volume:
    """The image of an entry.

    Raises:
        CaseRefused: it cannot be read as one volume.
    """
    try:
        return read_series(entry.path) if entry.path.is_dir() else read_nifti(entry.path)
    except InputRefused as error:
        raise CaseRefused(entry.path.name, error.user_message) from error


def require_same_grid(found: Volume, reference: Volume, file: str) -> None:
    """Refuse a prediction that does not lie on the reference's grid: nothing is resampled here,
    as that would change what is measured.

    Raises:
        CaseRefused: another shape, voxel size, direction or origin.
    """
    if found.shape != reference.shape:
        raise CaseRefused(
            file, f"shape {found.shape} (z, y, x) is not the reference's {reference.shape}"
        )
    if not np.allclose(found.affine, reference.affine, rtol=0, atol=_SAME_GRID):
        raise CaseRefused(file, "its grid (origin, spacing or direction) is not the reference's")


def fingerprint(name: str, found: Iterable[Entry]) -> Named:
    """A name with one SHA-256 over the names and contents of files."""
    total = hashlib.sha256()
    for entry in sorted(found, key=lambda item: item.name):
        files = sorted(entry.path.rglob("*")) if entry.path.is_dir() else [entry.path]
        for file in (f for f in files if f.is_file()):
            total.update(f"{entry.name}/{file.name}".encode())
            with file.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    total.update(chunk)
    return {"name": name, "sha256": total.hexdigest()}
