"""Results that were written earlier: read again, checked against their schema. Loads no torch."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ml.contracts.errors import InputRefused
from ml.contracts.evaluation import SCHEMA, EvaluationResult, ResultRefused
from ml.evaluation.catalogue import METRICS

_SCHEMA_FILE = Path(__file__).with_name("schema.json")
# How many numbers a subject has for a figure of each pool (ml.evaluation.intervals, which loads
# scipy); "macro f1": three per finding.
PARTS = {"mean": 1, "ratio": 2, "f1": 3, "froc": 40}


@cache
def validator() -> Draft202012Validator:
    """Checks an object against ``synoptic.evaluation/1``."""
    return Draft202012Validator(json.loads(_SCHEMA_FILE.read_text(encoding="utf-8")))


def parse(content: bytes) -> EvaluationResult:
    """A result from the bytes of its file.

    The refusal names the place (``rows[3].unit``) and the rule, and never repeats what the file
    says there: names of subjects may identify people.

    Raises:
        ResultRefused: not JSON ("not_json"), or not what the schema says ("wrong_schema").
    """
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ResultRefused("The file is not JSON.", kind="not_json") from error
    for broken in validator().iter_errors(found):
        raise _wrong(_place(broken.absolute_path), _rule(broken))
    for steps, value in _leaves(found, ()):
        if isinstance(value, float) and not math.isfinite(value):
            raise _wrong(_place(steps), "must be a finite number")
        if isinstance(value, str) and not _storable(value):
            raise _wrong(_place(steps), "must be text that a database can hold")
    result: EvaluationResult = found
    _check_parts(result)
    return result


def read(path: Path) -> EvaluationResult:
    """A result written earlier.

    Raises:
        InputRefused: no such file, or not a result of this schema.
    """
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise InputRefused(f"{path.name} cannot be read.") from error
    except ResultRefused as error:
        raise InputRefused(f"{path.name}: {error.user_message}") from error


def _check_parts(result: EvaluationResult) -> None:
    """Every subject has as many numbers for a figure as its pool takes."""
    widths: dict[str, int] = {}
    for index, item in enumerate(result["subjects"]):
        for key, parts in item["values"].items():
            metric = METRICS.get(key.split("/")[0])
            pool = "mean" if metric is None else metric.pool
            width = widths.setdefault(key, PARTS.get(pool, len(parts)))
            if len(parts) != width or (pool == "macro f1" and (width == 0 or width % 3)):
                place = f"subjects[{index}].values"
                raise _wrong(place, "must have as many numbers as each figure is pooled from")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _storable(text: str) -> bool:
    """No NUL and no half of a surrogate pair: databases refuse either."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _leaves(
    value: Any, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*place, key), key
            yield from _leaves(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*place, index))
    else:
        yield place, value


@cache
def _known_names() -> frozenset[str]:
    """The field names of the schema: no other name of the file is repeated in a refusal."""

    def names(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema.get("properties", {})
            for item in schema.values():
                yield from names(item)

    return frozenset(names(validator().schema))


def _place(path: Iterable[str | int]) -> str:
    told = ""
    for step in path:
        if isinstance(step, int):
            told += f"[{step}]"
        else:
            told += f".{step}" if step in _known_names() else ".…"
    return told.removeprefix(".") or "the whole file"


def _rule(error: ValidationError) -> str:
    rule: str = str(error.validator)
    value: Any = error.validator_value
    instance: Any = error.instance
    if rule == "required":
        lacking = next(name for name in value if name not in instance)
        return f"lacks {lacking}"
    told = {
        "additionalProperties": "has a field that the schema does not know",
        "const": f"must be {value!r}",
        "enum": f"must be one of {value}",
        "type": f"must be of the type {value}",
        "pattern": f"must look like {value}",
    }
    return told.get(rule, f"breaks the rule {rule} {value}")


def _wrong(place: str, rule: str) -> ResultRefused:
    message = f"The file is not an evaluation ({SCHEMA}): {place} {rule}."
    return ResultRefused(message, kind="wrong_schema", place=place)
