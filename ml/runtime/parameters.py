"""Parameters of a run against the JSON schema of the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

from ml.contracts.errors import ParametersRefused


def checked(schema: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """``params`` with the schema's defaults filled in.

    Raises:
        ParametersRefused: a parameter is unknown, of a wrong type or out of its range.
    """
    properties: dict[str, Any] = schema.get("properties", {})
    strict = {"type": "object", "additionalProperties": False, **schema}
    try:
        jsonschema.validate(params, strict)
    except jsonschema.ValidationError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        raise ParametersRefused(f"{where}: {error.message}" if where else error.message) from None
    defaults = {key: spec["default"] for key, spec in properties.items() if "default" in spec}
    return {**defaults, **params}


def from_text(schema: dict[str, Any], pairs: list[str]) -> dict[str, Any]:
    """Parameters from ``key=value`` words of a command line, typed as the schema says. What has
    parts is written as JSON, or as ``key=@file.json``.

    Raises:
        ParametersRefused: a word is not ``key=value`` or its value does not read as its type.
    """
    properties: dict[str, Any] = schema.get("properties", {})
    readers: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "number": float,
        "boolean": _boolean,
        "string": str,
        "object": _parts,
        "array": _parts,
    }
    params: dict[str, Any] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise ParametersRefused(f"A parameter is written key=value, not {pair!r}.")
        kind = properties.get(key, {}).get("type", "string")
        try:
            params[key] = readers.get(kind, str)(value)
        except ValueError:
            raise ParametersRefused(f"{key} must be of type {kind}, not {value!r}.") from None
    return params


def _parts(text: str) -> Any:
    """Raises ValueError where the text, or the file that it names, is no JSON."""
    if not text.startswith("@"):
        return json.loads(text)
    try:
        return json.loads(Path(text[1:]).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError("no such file") from error


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"
