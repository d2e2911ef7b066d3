"""Reading profiles."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One demand: which check with which value, on objects of which modality ("" = all), why, and
    where that is written."""

    check: str
    value: Any
    why: str
    modality: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one planning system demands; demands of what it extends come first."""

    name: str
    title: str
    about: str
    demands: tuple[Demand, ...]


def profile_names(folder: Path = FOLDER) -> list[str]:
    """The profiles in ``folder``, by name."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load_profile(name: str, folder: Path = FOLDER) -> Profile:
    """The profile ``name`` of ``folder``, with the demands of the profile that it extends, found
    beside it or among our own. A demand takes the place of an inherited one of the same check and
    modality; ``filled`` adds to it.

    Raises:
        ValueError: there is no such profile, or its file is not one.
    """
    if name not in profile_names(folder):
        if folder != FOLDER:
            return load_profile(name)
        raise ValueError(f"there is no profile {name!r}")
    try:
        table = tomllib.loads((folder / f"{name}.toml").read_text("utf8"))
        demands = tuple(Demand(**item) for item in table["demands"])
        title, about = str(table["title"]), str(table["about"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"the profile {name!r} is not one: {error}") from error
    base = str(table.get("extends") or "")
    inherited = load_profile(base, folder).demands if base and base != name else ()
    replaced = {(d.check, d.modality) for d in demands} - {("filled", d.modality) for d in demands}
    kept = tuple(d for d in inherited if (d.check, d.modality) not in replaced)
    return Profile(name=name, title=title, about=about, demands=kept + demands)
