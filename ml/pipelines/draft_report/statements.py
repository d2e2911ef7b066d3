"""What one sentence has to say: the facts that the language model puts into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ml.contracts.events import Evidence, Section

# Which phrases suit the facts; see ``phrases.py``.
Form = Literal[
    "limit", "measured", "share", "pair", "asymmetry", "midline", "impression", "summary"
]
Status = Literal["normal", "low", "high", "measured"]
SideWord = Literal["left", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """``subject`` is the structure as the sentence names it, ``aspect`` what was measured of it.

    ``sides`` are the side words the sentence must contain (and no others). ``slots`` maps a slot
    name to its measurement's id, ``fills`` the same name to the text that goes there. ``variant``
    varies the tone, so that neighbouring sentences do not all sound alike.
    """

    id: str
    section: Section
    form: Form
    status: Status
    subject: str
    aspect: str
    plural: bool = False
    sides: frozenset[SideWord] = frozenset()
    slots: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    variant: int = 0
