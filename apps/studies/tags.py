"""Names for the tags that the index reads, and the reading of their values."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from pydicom.datadict import tag_for_keyword

Tags = dict[str, Any]


def key(keyword: str) -> str:
    """``Rows`` -> ``0028,0010``."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return f"{tag >> 16:04x},{tag & 0xFFFF:04x}"


_KEYS: dict[str, str] = {}


def value(tags: Tags, keyword: str) -> Any:
    tag = _KEYS.get(keyword) or _KEYS.setdefault(keyword, key(keyword))
    return tags.get(tag)


def text(tags: Tags, keyword: str, limit: int = 64) -> str:
    found = value(tags, keyword)
    if not isinstance(found, str):
        return ""
    return found.replace("\0", "").strip()[:limit]


def texts(tags: Tags, keyword: str) -> list[str]:
    return [part.strip() for part in text(tags, keyword, 1024).split("\\") if part.strip()]


def items(tags: Tags, keyword: str) -> list[Tags]:
    found = value(tags, keyword)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def integer(tags: Tags, keyword: str) -> int | None:
    try:
        return int(float(text(tags, keyword).split("\\")[0]))
    except (ValueError, OverflowError):
        return None


def natural(tags: Tags, keyword: str) -> int | None:
    """A count that a database column can hold."""
    found = integer(tags, keyword)
    return found if found is not None and 0 <= found < 2**31 else None


def numbers(tags: Tags, keyword: str, count: int | None = None) -> list[float] | None:
    """All numbers of a value; nothing when one is odd or when there are not ``count``."""
    found = value(tags, keyword)
    if not isinstance(found, str):
        return None
    try:
        parsed = [float(part) for part in found.replace("\0", "").strip().split("\\")]
    except ValueError:
        return None
    if not all(map(math.isfinite, parsed)) or (count is not None and len(parsed) != count):
        return None
    return parsed


def number(tags: Tags, keyword: str) -> float | None:
    """The first number of a value."""
    found = numbers(tags, keyword)
    return found[0] if found else None


def date(tags: Tags, keyword: str) -> dt.date | None:
    digits = re.sub(r"[.\-/]", "", text(tags, keyword))[:8]
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None


def time(tags: Tags, keyword: str) -> dt.time | None:
    digits = text(tags, keyword).replace(":", "").split(".")[0]
    if not re.fullmatch(r"(\d\d){1,3}", digits):
        return None
    parts = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)] + [0, 0]
    try:
        return dt.time(parts[0], parts[1], min(parts[2], 59))
    except ValueError:
        return None
