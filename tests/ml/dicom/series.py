"""Small series to read: written by the product's own writer, so that one place knows the format."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml.dicom.image_series import NewSeries
from ml.dicom.read import read_series
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_mr
from ml.imaging.volume import Volume


def grid(
    shape: tuple[int, int, int] = (6, 10, 8),
    spacing: tuple[float, float, float] = (3.0, 1.5, 1.25),
    array: NDArray[Any] | None = None,
) -> Volume:
    """An axial volume (z, y, x) of values that all differ."""
    values = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape) if array is None else array
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = (-20.0, -31.5, 12.25)
    return Volume(array=values, affine=affine)


def study(**changes: object) -> Dataset:
    header = Dataset()
    header.PatientName = "Test^Person"
    header.PatientID = "T1"
    header.PatientBirthDate = "19700102"
    header.PatientSex = "F"
    header.StudyInstanceUID = derived_uid("test", "study")
    header.StudyDate = "20200304"
    header.StudyTime = "101112"
    header.StudyID = "S1"
    header.AccessionNumber = "A1"
    header.ReferringPhysicianName = ""
    for keyword, value in changes.items():
        setattr(header, keyword, value)
    return header


def new_series(name: str = "series", number: int = 1) -> NewSeries:
    return NewSeries(
        series_uid=derived_uid("test", name),
        frame_of_reference_uid=derived_uid("test", "frame"),
        number=number,
        description="T1w",
        body_part="HEAD",
        taken_at=datetime(2020, 3, 4, 10, 11, 12, tzinfo=UTC),
    )


def mr_series(folder: Path, volume: Volume | None = None, name: str = "series") -> list[Path]:
    return write_mr(volume or grid(), folder, study=study(), series=new_series(name))


def mr_volume(folder: Path, volume: Volume | None = None) -> Volume:
    mr_series(folder, volume)
    return read_series(folder)
