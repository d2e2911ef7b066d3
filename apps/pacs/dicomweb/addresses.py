"""The addresses of DICOMweb that are let through; whatever is not here does not exist."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UID = r"(?![0-9A-Za-z.\-_]*\.\.)[0-9A-Za-z][0-9A-Za-z.\-_]{0,63}"
_SERIES = rf"/series/{_UID}"
_INSTANCE = rf"{_SERIES}/instances/{_UID}"
_FRAMES = r"[0-9]{1,6}(,[0-9]{1,6}){0,2000}"

_BELOW_STUDY = (
    # QIDO-RS
    r"/(series|instances)",
    rf"{_SERIES}/instances",
    # WADO-RS
    r"(/metadata|/rendered)?",
    rf"{_SERIES}(/metadata|/rendered)?",
    rf"{_INSTANCE}(/metadata|/rendered|/frames/{_FRAMES}(/rendered)?|/bulk/[0-9A-Fa-f/]{{1,400}})?",
)
_READ = re.compile(
    rf"(studies|series|instances)|studies/(?P<study>{_UID})({'|'.join(_BELOW_STUDY)})"
)
_WHOLE = re.compile(rf"studies/{_UID}({_SERIES}|{_INSTANCE})?")
_STORE = re.compile(rf"studies(/(?P<study>{_UID}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """``study_uid`` is empty where a query spans studies."""

    path: str
    study_uid: str

    @property
    def whole(self) -> bool:
        """Whether this asks for objects as they are stored, fit to be taken away."""
        return _WHOLE.fullmatch(self.path) is not None


def readable(path: str) -> Address | None:
    return _address(_READ, path)


def storable(path: str) -> Address | None:
    return _address(_STORE, path)


def _address(pattern: re.Pattern[str], path: str) -> Address | None:
    found = pattern.fullmatch(path)
    return Address(path=path, study_uid=found["study"] or "") if found else None
