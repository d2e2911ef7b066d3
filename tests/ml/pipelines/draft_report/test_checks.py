from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from ml.pipelines.draft_report.checks import refuse_part, refuse_sentence
from ml.pipelines.draft_report.findings import impressions
from ml.pipelines.draft_report.guard import Guard, Refused, fill
from ml.pipelines.draft_report.phrases import PHRASES, candidates, prompt, usual_examples
from ml.pipelines.draft_report.statements import Form, Statement
from tests.ml.pipelines.draft_report.conftest import JudgeHead

LOW = Statement(
    id="left_hippocampus",
    section="findings",
    form="limit",
    status="low",
    subject="left hippocampus",
    aspect="volume",
    sides=frozenset({"left"}),
    slots={"value": "left_hippocampus.volume"},
    fills={"value": "2.10 mL", "reference": "reference ≥ 2.58 mL"},
)
NORMAL = replace(LOW, status="normal")
MARKS = "{{m:value}} ({{m:reference}})"


def statements(judge_head: JudgeHead) -> list[Statement]:
    """Every statement of a normal head and of two with everything abnormal."""
    heads = [
        judge_head(),
        judge_head(shift_mm=8.0, changes={17: (3, 10, 5), 14: (6, 13, 9), 4: (16, 50, 25)}),
        judge_head(shift_mm=-8.0, changes={53: (3, 10, 5), 43: (20, 50, 25)}),
    ]
    return [
        statement
        for head in heads
        for statement in [*(j.statement for j in head.values()), *impressions(list(head.values()))]
    ]


def test_every_phrase_passes_its_own_checks(judge_head: JudgeHead) -> None:
    for statement in statements(judge_head):
        for phrase in candidates(statement):
            assert refuse_sentence(statement, phrase) is None, phrase


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (f"The volume of the left hippocampus is reduced to 2 mL, {MARKS}.", "a number that"),
        (f"The left hippocampus has half a reduced volume of {MARKS}.", "a number word"),
        (f"The volume of the right hippocampus is reduced to {MARKS}.", "the wrong side"),
        (f"The left hippocampus has a normal volume of {MARKS}.", "a judgement (normal)"),
        (f"The left hippocampus is not reduced at a volume of {MARKS}.", "a negation"),
        (f"The volume of the left hippocampus is increased to {MARKS}.", "a judgement (high)"),
        (f"The left hippocampus has a reduced volume of {MARKS} with a lesion.", "words about"),
        (f"Compared with the prior, the left hippocampus is reduced to {MARKS}.", "words about"),
        ("The left hippocampus has a reduced volume of {{m:size}}.", "an unknown measurement"),
        ("The left hippocampus has a reduced volume of {{m:value}}.", "a measurement left out"),
        (f"The left hippocampus is reduced, {{{{m:value}}}}, {MARKS}.", "the same measurement"),
        ("The left hippocampus has a reduced volume of {{m:value} }.", "a damaged"),
        (f"The hippocampus has a reduced volume of {MARKS}.", "the structure left out"),
        (f"The left hippocampus has a volume of {MARKS}.", "the judgement left out"),
        (f"The left hippocampus is reduced. The volume is {MARKS}.", "more than one sentence"),
    ],
)
def test_a_wrong_sentence_is_refused_with_its_reason(sentence: str, reason: str) -> None:
    refused = refuse_sentence(LOW, sentence)
    assert refused is not None
    assert refused.startswith(reason)


def test_both_sides_need_both_measured() -> None:
    assert "both sides" in (refuse_part(NORMAL, "The volume of both ") or "")


def test_an_ordinal_is_no_number_in_the_name_of_a_structure() -> None:
    third = replace(NORMAL, subject="third ventricle", sides=frozenset())
    assert refuse_sentence(third, f"The third ventricle has a normal volume of {MARKS}.") is None
    assert refuse_part(third, "The third hippocampus ") is not None


def test_marks_are_filled_by_the_measurement_service() -> None:
    filled = fill(LOW, f"The volume is {MARKS}.")
    assert filled == "The volume is 2.10 mL (reference ≥ 2.58 mL)."


def test_the_guard_shows_whole_words_only_and_never_a_half_mark() -> None:
    guard = Guard(LOW)
    shown = [guard.feed(piece) for piece in (" The vol", "ume of the le", "ft", " hippo")]
    assert "".join(shown) == "The volume of the "  # the structure's name is not complete
    assert guard.feed("campus is reduced to {") == "left hippocampus is reduced to "
    assert not guard.feed("{m:val")
    assert guard.feed("ue}} (") == "2.10 mL ("
    assert guard.feed("{{m:reference}})") + guard.finish() == "reference ≥ 2.58 mL)."


def test_the_guard_shows_the_same_text_however_it_is_cut() -> None:
    sentence = candidates(LOW)[0]
    for size in (1, 2, 3, 7, 50):
        guard = Guard(LOW)
        pieces = [sentence[i : i + size] for i in range(0, len(sentence), size)]
        shown = "".join(guard.feed(piece) for piece in pieces) + guard.finish()
        assert shown == fill(LOW, sentence)


def test_the_guard_stops_before_a_wrong_word_is_seen() -> None:
    guard = Guard(LOW)
    shown = guard.feed("The volume of the ")
    with pytest.raises(Refused, match="wrong side"):
        guard.feed("right hippocampus ")
    assert shown == "The volume of the "


def test_every_form_has_examples_that_are_not_its_own_structures(judge_head: JudgeHead) -> None:
    assert {form for form, _ in PHRASES} == set(get_args(Form))
    for statement in statements(judge_head):
        examples, own = prompt(statement)
        assert statement.subject in own
        assert statement.subject not in examples
        assert not any(character.isdigit() for character in examples + own)


def test_a_normal_draft_starts_from_examples_that_are_read_ahead(judge_head: JudgeHead) -> None:
    ahead = set(usual_examples())
    head = list(judge_head().values())
    told = [item.statement for item in head if item.rule.told] + impressions(head)
    assert {prompt(statement)[0] for statement in told} <= ahead
