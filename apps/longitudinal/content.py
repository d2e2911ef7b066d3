"""Reading what the runs write: change.json, comparability.json, prediction.json, score.json. Each
is bounded, checked against its schema, and kept as it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from jsonschema import Draft202012Validator

from apps.core.errors import ApiError
from apps.core.storable import storable
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.jobs.models import Job

Name = Literal["change", "comparability", "prediction", "score"]
# A few hundred lesions and regions are some hundred kilobytes.
BYTES_MAX: Final = 4 * 1024**2
FORMATS: Final[dict[Name, str]] = {
    "change": "synoptic-change",
    "comparability": "synoptic-comparability",
    "prediction": "synoptic-prediction",
    "score": "synoptic-prediction-score",
}
FORMAT_VERSION: Final = 1


class ContentRefused(Exception):
    """``place`` is where in the file, free of its values."""

    def __init__(self, name: Name, place: str, rule: str) -> None:
        where = f"{place} {rule}" if place else rule
        super().__init__(where)
        self.place = place
        self.user_message = f"The result of the run is not usable: {name}.json {where}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    values: dict[str, Any]
    sha256: str


@cache
def _validator(name: Name) -> Draft202012Validator:
    schema = Path(__file__).with_name("schemas") / f"{name}.schema.json"
    return Draft202012Validator(json.loads(schema.read_bytes()))


def content_read(name: Name, raw: bytes) -> dict[str, Any]:
    """The content of one file. Raises ``ContentRefused``."""
    try:
        values = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ContentRefused(name, "", "is not JSON") from None
    if not storable(values):
        raise ContentRefused(name, "", "holds odd characters")
    if not isinstance(values, dict) or values.get("format") != FORMATS[name]:
        raise ContentRefused(name, "format", f"is not {FORMATS[name]}")
    if values.get("format_version", FORMAT_VERSION) != FORMAT_VERSION:
        raise ContentRefused(name, "format_version", f"is not {FORMAT_VERSION}")
    error = next(_validator(name).iter_errors(values), None)
    if error is not None:
        place = ".".join(map(str, error.absolute_path))
        raise ContentRefused(name, place, f"breaks the rule '{error.validator}'")
    return values


def _no_constant(name: str) -> float:
    raise ValueError(name)


def content_of(job: Job, name: Name) -> Content:
    """What ``job`` has left as ``<name>-json``. Raises ``ContentRefused``."""
    artifact = Artifact.objects.filter(job=job, key=f"{name}-json").first()
    if artifact is None:
        raise ContentRefused(name, "", "is missing")
    try:
        with artifact_content(artifact).stream as stream:
            raw = stream.read(BYTES_MAX + 1)
    except (ApiError, OSError):
        raise ContentRefused(name, "", "is missing") from None
    if len(raw) > BYTES_MAX:
        raise ContentRefused(name, "", "is too large")
    return Content(values=content_read(name, raw), sha256=hashlib.sha256(raw).hexdigest())
