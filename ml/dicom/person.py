"""Names of people as DICOM writes them."""

from __future__ import annotations


def person_name(name: str | None) -> str:
    """A display name as a person name of one component (PS3.5 6.2.1): which word is the family
    name cannot be known."""
    plain = "".join(" " if letter in "\\^=" else letter for letter in name or "Unknown")
    return f"{plain.strip()[:62]}^"
