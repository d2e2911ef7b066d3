"""Reading plan.json, the content of a plan: format, size and sense. Pure."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from apps.core.storable import storable

FORMAT, FORMAT_VERSION = "synoptic-plan", 1
# Eleven curves of 200 points for five doses are about a megabyte.
BYTES_MAX: Final = 8 * 1024**2
BRIEF: Final = ("number", "key", "title", "status", "figure", "unit")
# Sign-off, export and control chart follow from what people decide (checks.py).
FIRST_DECIDED: Final = 9
_SCHEMA: Final = Path(__file__).with_name("plan.schema.json")


class ResultRefused(Exception):
    """``place`` is where in the file, free of its values."""

    def __init__(self, place: str, rule: str) -> None:
        where = f"{place} {rule}" if place else rule
        super().__init__(where)
        self.place = place
        self.user_message = f"The result of the planning is not usable: plan.json {where}."


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_bytes()))


def result_read(content: bytes) -> dict[str, Any]:
    """The content of plan.json. Raises ``ResultRefused``."""
    try:
        result = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ResultRefused("", "is not JSON") from None
    if not storable(result):
        raise ResultRefused("", "holds odd characters")
    if not isinstance(result, dict) or result.get("format") != FORMAT:
        raise ResultRefused("format", f"is not {FORMAT}")
    if result.get("format_version") != FORMAT_VERSION:
        raise ResultRefused("format_version", f"is not {FORMAT_VERSION}")
    error = next(_validator().iter_errors(result), None)
    if error is not None:
        place = ".".join(map(str, error.absolute_path))
        raise ResultRefused(place, f"breaks the rule '{error.validator}'")
    _sense(result)
    return result


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _sense(result: dict[str, Any]) -> None:
    """What a schema cannot say."""
    for index, curve in enumerate(result["dvh"]):
        if len(curve["dose_gy"]) != len(curve["volume_percent"]):
            raise ResultRefused(f"dvh.{index}", "has not as many doses as volumes")
    for name in ("number", "key"):
        found = [check[name] for check in result["checks"]]
        if len(set(found)) != len(found):
            raise ResultRefused("checks", f"names a {name} twice")
    if math.prod(result["dose_grid"]["shape"]) > 512**3:
        raise ResultRefused("dose_grid.shape", "is larger than any dose")


def brief_checks(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What lists and charts need of the checks."""
    return [{name: check[name] for name in BRIEF} for check in result["checks"]]
