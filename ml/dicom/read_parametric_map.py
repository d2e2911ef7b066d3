"""Reading Parametric Maps."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ParametricMapStorage

from ml.contracts.errors import InputRefused
from ml.dicom.files import read_object
from ml.dicom.read import read_series
from ml.imaging.volume import Volume


def read_parametric_map(path: Path) -> Volume:
    """The map of CT numbers in ``path`` (a file, or a folder that holds one).

    Returns:
        Float32 HU (z, y, x), bit for bit as stored, on the grid of its frames.

    Raises:
        InputUnreadable: nothing there can be read as an image.
        InputRefused: it is no parametric map, not of CT numbers, or not one regular volume.
    """
    volume = read_series(path)
    if volume.source is None or volume.source.sop_class_uid != ParametricMapStorage:
        raise InputRefused("The series is not a parametric map.")
    header = read_object(volume.source.files[0], pixels=False)
    units = {_unit(group) for group in _groups(header)} - {""}
    if units != {codes.UCUM.HounsfieldUnit.value}:
        raise InputRefused("The parametric map does not hold CT numbers (Hounsfield units).")
    return volume


def _groups(header: Dataset) -> list[Dataset]:
    return [
        *(header.get("SharedFunctionalGroupsSequence") or ()),
        *(header.get("PerFrameFunctionalGroupsSequence") or ()),
    ]


def _unit(group: Dataset) -> str:
    """The unit of a functional group's real world values, "" where it states none."""
    for mapping in group.get("RealWorldValueMappingSequence") or ():
        for unit in mapping.get("MeasurementUnitsCodeSequence") or ():
            return str(unit.get("CodeValue") or "")
    return ""
