"""Typed readers of the environment. An odd spelling is refused, never guessed at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

PREFIX = "SYNOPTIC_"


class EnvironmentRefused(Exception):
    """A setting has a value that cannot be meant. The text names the setting."""


def _raw(name: str, source: Mapping[str, str] | None) -> str | None:
    value = (os.environ if source is None else source).get(PREFIX + name)
    if value is None or value == "":
        return None
    if value != value.strip():
        raise EnvironmentRefused(f"{PREFIX}{name} begins or ends with a blank.")
    return value


def text(name: str, default: str, *, source: Mapping[str, str] | None = None) -> str:
    value = _raw(name, source)
    return default if value is None else value


def required(name: str, *, source: Mapping[str, str] | None = None) -> str:
    value = _raw(name, source)
    if value is None:
        raise EnvironmentRefused(f"{PREFIX}{name} must be set.")
    return value


def integer(
    name: str,
    default: int,
    *,
    low: int = 0,
    high: int = 2**62,
    source: Mapping[str, str] | None = None,
) -> int:
    value = _raw(name, source)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit()):
        raise EnvironmentRefused(f"{PREFIX}{name} must be a whole number, not {value!r}.")
    number = int(value)
    if not low <= number <= high:
        raise EnvironmentRefused(f"{PREFIX}{name} must lie between {low} and {high}.")
    return number


def port(name: str, default: int, *, source: Mapping[str, str] | None = None) -> int:
    return integer(name, default, low=1, high=65535, source=source)


def flag(name: str, *, default: bool, source: Mapping[str, str] | None = None) -> bool:
    value = _raw(name, source)
    if value is None:
        return default
    if value not in ("true", "false"):
        raise EnvironmentRefused(f"{PREFIX}{name} must be true or false, not {value!r}.")
    return value == "true"


def choice(
    name: str,
    default: str,
    options: tuple[str, ...],
    *,
    source: Mapping[str, str] | None = None,
) -> str:
    value = _raw(name, source)
    if value is None:
        return default
    if value not in options:
        raise EnvironmentRefused(f"{PREFIX}{name} must be one of {', '.join(options)}.")
    return value


def words(
    name: str, default: tuple[str, ...], *, source: Mapping[str, str] | None = None
) -> list[str]:
    """Values separated by commas, none of them empty."""
    value = _raw(name, source)
    if value is None:
        return list(default)
    parts = [part.strip() for part in value.split(",")]
    if not all(parts):
        raise EnvironmentRefused(f"{PREFIX}{name} has an empty entry.")
    return parts


def url(
    name: str,
    default: str,
    schemes: tuple[str, ...],
    *,
    source: Mapping[str, str] | None = None,
) -> str:
    value = _raw(name, source)
    if value is None:
        return default
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname:
        raise EnvironmentRefused(f"{PREFIX}{name} must be an address beginning {schemes[0]}://")
    return value.rstrip("/")


def folder(name: str, default: Path, *, source: Mapping[str, str] | None = None) -> Path:
    value = _raw(name, source)
    return (default if value is None else Path(value).expanduser()).resolve()


def database(data_dir: Path, *, source: Mapping[str, str] | None = None) -> dict[str, object]:
    """Django's database settings: a SQLite file in the data folder, or PostgreSQL by address."""
    value = _raw("DATABASE_URL", source)
    if value is None:
        return sqlite(data_dir / "synoptic.sqlite3")
    parts = urlsplit(value)
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise EnvironmentRefused(
            f"{PREFIX}DATABASE_URL must read postgresql://user:password@host:port/name."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(path: Path) -> dict[str, object]:
    """Write-ahead log so that readers never wait; ``BEGIN IMMEDIATE`` so that a writer waits for
    its turn at the start instead of failing in the middle."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA mmap_size=1073741824;",
        },
    }
