"""What is known of the subjects: scanner, contrast, age, from ``subjects.csv`` or DICOM headers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydicom.dataset import Dataset

from ml.contracts.errors import InputRefused
from ml.dicom.files import objects_in
from ml.evaluation.cases import Entry

_AGES = ((0, 18), (18, 40), (40, 65), (65, 120))
UNKNOWN = "unknown"


def attributes_of(found: Iterable[Entry], table: Path | None) -> dict[str, dict[str, str]]:
    """Attributes of each subject. The table has a column ``subject`` (as in the file names; or
    ``name``, the file's own name) and any others; ``age`` in years is put into bands.

    Raises:
        InputRefused: the table cannot be read or names no subject.
    """
    rows = {} if table is None else _rows(table)
    result: dict[str, dict[str, str]] = {}
    for entry in found:
        row = rows.get(entry.subject) or rows.get(entry.name)
        if row is None and entry.path.is_dir():
            row = _from_dicom(entry.path)
        known = {key: value for key, value in (row or {}).items() if value}
        result.setdefault(entry.subject, {}).update(known)
    return result


def subgroups(attributes: Mapping[str, Mapping[str, str]]) -> dict[str, set[str]]:
    """Subjects per subgroup, named ``attribute=value``; attributes that all share say nothing and
    are left out."""
    keys = dict.fromkeys(key for row in attributes.values() for key in row)
    groups: dict[str, set[str]] = {}
    for key in keys:
        by_value: dict[str, set[str]] = {}
        for subject, row in attributes.items():
            by_value.setdefault(row.get(key, UNKNOWN), set()).add(subject)
        if 1 < len(by_value) < len(attributes):
            groups |= {f"{key}={value}": names for value, names in sorted(by_value.items())}
    return groups


def _rows(table: Path) -> dict[str, dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputRefused(f"{table.name} cannot be read as a table.") from error
    result = {}
    for row in rows:
        clean = {
            key.strip().lower(): (value or "").strip()
            for key, value in row.items()
            if isinstance(key, str) and isinstance(value, str | None)
        }
        name = clean.pop("subject", "") or clean.pop("name", "")
        if not name:
            raise InputRefused(f"{table.name} needs a column `subject` with a value in every row.")
        if "age" in clean:
            clean["age"] = age_band(clean["age"])
        result[name] = clean
    return result


def age_band(age: str) -> str:
    """``"67"`` or DICOM's ``"067Y"`` as ``"65-119"``; months, weeks and days count as under 18."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([YMWD]?)", age.strip().upper())
    if found is None:
        return UNKNOWN
    if found[2] in ("M", "W", "D"):
        return "0-17"
    years = float(found[1])
    return next((f"{low}-{high - 1}" for low, high in _AGES if low <= years < high), UNKNOWN)


def _from_dicom(folder: Path) -> dict[str, str]:
    header = next((header for _, header in objects_in(folder) if header is not None), None)
    if header is None:
        return {}
    scanner = f"{header.get('Manufacturer', '')} {header.get('ManufacturerModelName', '')}".strip()
    age = str(header.get("PatientAge", "") or "")
    return {
        "scanner": scanner,
        "contrast": _contrast(header),
        "age": age_band(age) if age else "",
    }


def _contrast(header: Dataset) -> str:
    """Sequence type for MR, contrast medium for CT."""
    if header.get("Modality") == "MR":
        return str(header.get("ScanningSequence", "") or "")
    return "contrast medium" if header.get("ContrastBolusAgent") else "no contrast medium"
