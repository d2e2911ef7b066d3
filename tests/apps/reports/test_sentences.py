from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from apps.reports.sentences import Sentence, SentenceEdit, edited, from_message


def _ai(name: str, text: str = "The ventricles are normal.") -> Sentence:
    message = {
        "message": name,
        "kind": "sentence",
        "section": "findings",
        "text": text,
        "state": "done",
        "evidence": [{"structure": "x"}],
        "linked": True,
        "reason": None,
    }
    return from_message(message)


def _as_edit(sentence: Sentence, **changes: Any) -> SentenceEdit:
    whole: dict[str, Any] = {**sentence, **changes}
    return cast("SentenceEdit", {key: whole[key] for key in ("id", "section", "text", "removed")})


def test_changed_text_is_a_persons_and_keeps_evidence_and_ai_text() -> None:
    before = [_ai("s1")]
    (after,) = edited(before, [_as_edit(before[0], text="They are wide.")])
    assert (after["origin"], after["text"]) == ("person", "They are wide.")
    assert after["ai_text"] == "The ventricles are normal."
    assert after["evidence"] == before[0]["evidence"]
    (back,) = edited([after], [_as_edit(after, text=after["ai_text"])])
    assert back == before[0]


def test_new_sentence_is_a_persons_and_not_linked() -> None:
    (after,) = edited([], [{"section": "impression", "text": "Normal."}])
    assert (after["origin"], after["linked"], after["ai_text"]) == ("person", False, "")
    assert after["reason"]
    assert after["id"]


def test_what_the_ai_wrote_is_never_lost() -> None:
    own: SentenceEdit = {"id": "p-1", "section": "findings", "text": "Own."}
    before = edited([_ai("s1"), _ai("s2")], [_as_edit(_ai("s1")), own])
    assert [(one["id"], one["removed"]) for one in before] == [
        ("s1", False),
        ("p-1", False),
        ("s2", True),
    ]
    after = edited(before, [])
    assert [(one["id"], one["removed"]) for one in after] == [("s1", True), ("s2", True)]


def test_order_is_the_persons() -> None:
    before = [_ai("s1"), _ai("s2")]
    after = edited(before, [_as_edit(before[1]), _as_edit(before[0])])
    assert [one["id"] for one in after] == ["s2", "s1"]


@given(
    names=st.lists(st.sampled_from("abcd"), unique=True, max_size=4),
    edits=st.lists(
        st.tuples(st.sampled_from("abcdxy"), st.text(min_size=1, max_size=3), st.booleans()),
        unique_by=lambda row: row[0],
        max_size=6,
    ),
)
def test_every_ai_text_survives_any_edit(
    names: list[str], edits: list[tuple[str, str, bool]]
) -> None:
    before = [_ai(name, text=f"text of {name}") for name in names]
    wanted: list[SentenceEdit] = [
        {"id": name, "section": "findings", "text": text, "removed": removed}
        for name, text, removed in edits
    ]
    after = edited(before, wanted)
    assert {one["ai_text"] for one in after if one["ai_text"]} == {f"text of {n}" for n in names}
    assert len({one["id"] for one in after}) == len(after)
    assert edited(after, [_as_edit(one) for one in after]) == after
