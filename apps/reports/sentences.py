"""The sentences of a draft: from what a job said, and through what people change. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

WRITTEN_BY_PERSON: Final = "Written by a person; not linked to the images."


class Sentence(TypedDict):
    id: str
    section: Literal["findings", "impression"]
    text: str
    ai_text: str
    origin: Literal["ai", "person"]
    linked: bool
    reason: str | None
    evidence: list[dict[str, Any]]
    removed: bool


class SentenceEdit(TypedDict, total=False):
    """What a person sends: the wanted list, in the wanted order."""

    id: str
    section: Literal["findings", "impression"]
    text: str
    removed: bool


def from_message(message: Mapping[str, Any]) -> Sentence:
    """A finished message of the job's projection."""
    return Sentence(
        id=message["message"],
        section=message["section"],
        text=message["text"],
        ai_text=message["text"],
        origin="ai",
        linked=bool(message["linked"]),
        reason=message["reason"],
        evidence=message["evidence"],
        removed=False,
    )


def edited(before: Sequence[Sentence], edits: Sequence[SentenceEdit]) -> list[Sentence]:
    """``before`` as ``edits`` want it.

    What the AI wrote is never lost: its text stays beside the person's, and a sentence that the
    edits leave out stays as removed. A sentence of a person may go for good.
    """
    known = {sentence["id"]: sentence for sentence in before}
    after = [_edited_one(known.get(edit.get("id", "")), edit) for edit in edits]
    kept = {sentence["id"] for sentence in after}
    left_out: list[Sentence] = [
        {**sentence, "removed": True}
        for sentence in before
        if sentence["id"] not in kept and sentence["ai_text"]
    ]
    return [*after, *left_out]


def _edited_one(known: Sentence | None, edit: SentenceEdit) -> Sentence:
    if known is None:
        return Sentence(
            id=edit.get("id") or f"p-{uuid.uuid4().hex[:12]}",
            section=edit["section"],
            text=edit["text"],
            ai_text="",
            origin="person",
            linked=False,
            reason=WRITTEN_BY_PERSON,
            evidence=[],
            removed=edit.get("removed", False),
        )
    by_ai = bool(known["ai_text"]) and edit["text"] == known["ai_text"]
    return {
        **known,
        "section": edit["section"],
        "text": edit["text"],
        "origin": "ai" if by_ai else "person",
        "removed": edit.get("removed", False),
    }
