"""Reading one JSON object field by field, each with its range; nothing may be left over."""

from __future__ import annotations

import math
from typing import Any

from ml.contracts.errors import ParametersRefused

_MISSING: Any = object()


class Fields:
    """The fields of one object of the parameters. ``where`` names it in messages."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise ParametersRefused(f"{where} must be an object.")
        self._data: dict[str, Any] = data
        self._seen: set[str] = set()
        self.where = where

    def seen(self, key: str) -> None:
        """Note that ``key`` is known, where it is read by other means."""
        self._seen.add(key)

    def text(self, key: str, default: str = _MISSING) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or len(value) > 120:
            raise ParametersRefused(f"{self.where}.{key} must be a text of at most 120 characters.")
        return value

    def whole(self, key: str, default: int = _MISSING, *, least: int, most: int) -> int:
        value = self.number(key, default, least=least, most=most)
        if value != int(value):
            raise ParametersRefused(f"{self.where}.{key} must be a whole number.")
        return int(value)

    def number(
        self,
        key: str,
        default: float = _MISSING,
        *,
        least: float | None = None,
        above: float | None = None,
        most: float | None = None,
        below: float | None = None,
    ) -> float:
        value = self._take(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise ParametersRefused(f"{self.where}.{key} must be a number.")
        for holds, words in (
            (least is None or value >= least, f"at least {least}"),
            (above is None or value > above, f"more than {above}"),
            (most is None or value <= most, f"at most {most}"),
            (below is None or value < below, f"less than {below}"),
        ):
            if not holds:
                raise ParametersRefused(f"{self.where}.{key} is {value:g}, but must be {words}.")
        return float(value)

    def optional(self, key: str, *, least: float | None = None) -> float | None:
        """A number, or None where it is not given."""
        if self._data.get(key) is None:
            self.seen(key)
            return None
        return self.number(key, least=least)

    def child(self, key: str, default: dict[str, Any] = _MISSING) -> Fields:
        return Fields(self._take(key, default), f"{self.where}.{key}")

    def children(self, key: str, *, optional: bool = False) -> list[Fields]:
        """A list of objects; at least one unless ``optional``."""
        value = self._take(key, [] if optional else _MISSING)
        if not isinstance(value, list) or not (value or optional):
            raise ParametersRefused(f"{self.where}.{key} must be a list of objects.")
        return [Fields(item, f"{self.where}.{key}[{i}]") for i, item in enumerate(value)]

    def nothing_else(self) -> None:
        """Raises ``ParametersRefused`` when the object has fields that nobody read."""
        if unknown := sorted(self._data.keys() - self._seen):
            raise ParametersRefused(f"{self.where} has unknown fields: {', '.join(unknown)[:200]}.")

    def _take(self, key: str, default: Any) -> Any:
        self._seen.add(key)
        value = self._data.get(key, default)
        if value is _MISSING:
            raise ParametersRefused(f"{self.where}.{key} is missing.")
        return value
