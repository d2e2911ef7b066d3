from __future__ import annotations

from typing import Any

import pytest

from apps.core.storable import storable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"name": ["Schädel", 1.5, None]}, True),
        ({"name": "\\u0000 as it is written"}, False),
        ({"name": "a\x00"}, False),
        ({"a\x00": 1}, False),
        ({"name": "\ud800"}, False),
    ],
)
def test_what_every_database_keeps(value: Any, kept: bool) -> None:
    assert storable(value) is kept
