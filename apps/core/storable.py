"""Whether JSON can be kept in every database that we serve."""

from __future__ import annotations

import json
from typing import Any


def storable(value: Any) -> bool:
    """PostgreSQL keeps neither the character NUL nor half of a surrogate pair in JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text
