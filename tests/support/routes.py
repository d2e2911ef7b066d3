"""Every address of the product, taken from Django's own table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "slug": "nothing",
    "str": "1.2.3",
    "int": "1",
    "path": "x",
}
CONVERTER = re.compile(r"<(?:(?P<kind>\w+):)?\w+>")


@dataclass(frozen=True, kw_only=True)
class Route:
    """``pattern`` as it is written in the tables of addresses, and the view behind it."""

    pattern: str
    view: Any

    def address(self) -> str:
        """The address with values that name nothing."""
        return "/" + CONVERTER.sub(lambda found: SAMPLES[found["kind"] or "str"], self.pattern)


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield Route(pattern=pattern, view=entry.callback)
