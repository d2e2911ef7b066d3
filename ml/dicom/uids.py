"""UIDs that follow from what they name, so that the same result written twice is one object."""

from __future__ import annotations

import hashlib


def derived_uid(run_id: str, key: str) -> str:
    """The UID of output ``key`` of run ``run_id``: ``2.25.`` and 128 bits of a hash (PS3.5 B.2).

    The same two strings always give the same UID; others give another.
    """
    digest = hashlib.sha256(f"synoptic\0{run_id}\0{key}".encode()).digest()
    # Version and variant bits make it the integer of a well-formed (name-based) UUID.
    number = int.from_bytes(digest[:16], "big")
    number = number & ~(0xF << 76) | (0x8 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"2.25.{number}"
