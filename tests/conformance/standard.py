"""dicom-validator without the network.

The validator reads the standard from nema.org when it is first used. Here it gets the standard's
tables from the package dicom-standard instead, which carries those of 2020 (attributes of every
module and macro with their types and conditions), in the form that the validator keeps them in.
Values (defined terms, enumerated values) are not in the tables: dciodvfy looks at those.
"""

from __future__ import annotations

import html
import json
import logging
import re
import sys
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

# What the tables of 2020 do not know yet, or what a class is extended by on purpose.
EXTENSIONS = {
    "(0008,001C)": "Synthetic Data came in 2021",
    "(0018,A001)": "Contributing Equipment, whose items have grown since",
    "(0018,1002)": "Device UID came to Contributing Equipment later",
    "(3006,00A4)": "the tables nest it wrongly",
    "(3006,00A6)": "the tables nest it wrongly",
}

Table = list[dict[str, Any]]


def violations(path: Path) -> list[str]:
    """What dicom-validator finds wrong in an object; the test is skipped without its packages."""
    validator = pytest.importorskip("dicom_validator.validator.iod_validator")
    import pydicom

    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    info = _standard(str(dataset.SOPClassUID))
    result = validator.IODValidator(
        dataset,
        info,
        log_level=logging.CRITICAL,
        error_handler=_Quiet(),
    ).validate()
    assert result.status.name in ("Passed", "Failed"), result.status
    return [
        f"{module}: {tag} {error.code.name}"
        for module, errors in result.module_errors.items()
        for tag, error in errors.items()
        if not any(known[1:-1].lower() in str(tag).lower() for known in EXTENSIONS)
    ]


class _Quiet:
    """Takes the validator's results, which are looked at afterwards."""

    def handle_validation_start(self, result: object) -> None: ...

    def handle_validation_result(self, result: object) -> None: ...


@cache
def _table(name: str) -> Table:
    path = Path(sys.prefix) / "standard" / f"{name}.json"
    if not path.is_file():
        pytest.skip("no tables of the standard: pip install dicom-standard")
    table: Table = json.loads(path.read_text("utf8"))
    return table


@cache
def _attributes_of(kind: str) -> dict[str, Table]:
    """Attributes by module or macro; a module's rows lie together."""
    rows = _table(f"{kind}_to_attributes")
    return {key: list(group) for key, group in groupby(rows, key=lambda row: str(row[f"{kind}Id"]))}


@cache
def _dictionary() -> dict[str, dict[str, str]]:
    return {
        row["tag"]: {"name": row["name"], "vr": row["valueRepresentation"], "prop": ""}
        for row in _table("attributes")
    }


@cache
def _parser() -> Any:
    from dicom_validator.spec_reader.condition_parser import ConditionParser

    return ConditionParser(_dictionary())


def _condition(text: str) -> dict[str, Any] | None:
    condition = _parser().parse(" ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split()))
    parsed: dict[str, Any] = condition.result_dict()
    return None if condition.type.user_defined else parsed


def _tag(text: str) -> str:
    return text.upper().replace("XX", "xx")


@cache
def _module(kind: str, name: str) -> dict[str, Any]:
    """One module or macro as the validator holds it: attributes by tag, nested by sequence."""
    root: dict[str, Any] = {}
    for row in _attributes_of(kind).get(name, []):
        *parents, _ = row["path"].split(":")[1:]
        place = root
        for parent in parents:
            place = place[_tag(f"({parent[:4]},{parent[4:]})")].setdefault("items", {})
        entry = {"name": row["tag"], "type": row["type"]}
        if row["type"] in ("1C", "2C") and (found := _condition(row["description"])):
            entry["cond"] = found
        place[_tag(row["tag"])] = entry
    for tag in ("(5200,9229)", "(5200,9230)"):
        if tag in root:
            root[tag]["items"] = {"include": [{"ref": "FuncGroup"}]}
    return root


def _use(row: dict[str, Any], ref: str) -> dict[str, Any]:
    use = {"ref": ref, "use": row["usage"]}
    if row["conditionalStatement"] and (found := _condition(row["conditionalStatement"])):
        use["cond"] = found
    return use


@cache
def _standard(sop_class_uid: str) -> Any:
    """What the validator needs to know about one SOP class."""
    from dicom_validator.validator.dicom_info import DicomInfo

    title = next(row["ciod"] for row in _table("sops") if row["id"] == sop_class_uid)
    iod = next(row["id"] for row in _table("ciods") if row["name"] == title)
    modules = [row for row in _table("ciod_to_modules") if row["ciodId"] == iod]
    macros = [row for row in _table("ciod_to_fg_macros") if row["ciodId"] == iod]
    info = {f"module/{r['moduleId']}": _module("module", r["moduleId"]) for r in modules}
    info |= {f"macro/{r['macroId']}": _module("macro", r["macroId"]) for r in macros}
    description = {
        "title": title,
        "modules": {r["moduleId"]: _use(r, f"module/{r['moduleId']}") for r in modules},
        "group_macros": {r["macroId"]: _use(r, f"macro/{r['macroId']}") for r in macros},
    }
    return DicomInfo(_dictionary(), {sop_class_uid: description}, info)
