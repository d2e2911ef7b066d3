"""What a written sentence is refused for.

In the order of how reliably each can be told: numbers, sides, contradiction, words about what was
not measured, and what the sentence leaves out.
"""

from __future__ import annotations

import re

from ml.pipelines.draft_report.phrases import candidates
from ml.pipelines.draft_report.statements import Statement, Status

SLOT = re.compile(r"\{\{m:([a-z_]+)\}\}")
WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
SIDES = {"left", "right"}
BOTH_SIDES = {"both", "bilateral", "bilaterally", "either"}
NUMBERS = frozenset(
    (
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        *("eleven", "twelve", "twenty", "thirty", "forty", "fifty", "hundred", "thousand"),
        *("first", "second", "third", "fourth", "once", "twice", "half", "double", "triple"),
    )
)
JUDGEMENTS: dict[str, Status] = {
    **dict.fromkeys(("normal", "within", "unremarkable", "symmetrical", "central"), "normal"),
    **dict.fromkeys(("reduced", "decreased", "below", "small", "low"), "low"),
    **dict.fromkeys(("increased", "enlarged", "widened", "above", "dilated", "elevated"), "high"),
    **dict.fromkeys(("displaced", "shifted", "asymmetrical"), "high"),
}
NEGATIONS = frozenset({"no", "not", "without", "nor", "never"})
# Words a sentence may add to those of its own phrases without saying anything more.
PLAIN = frozenset(
    (
        *("the", "a", "an", "this", "that", "which", "its", "their", "and"),
        *("of", "with", "at", "in", "on", "to", "by", "as"),
        *("is", "are", "has", "have", "measured", "measures", "measure", "shows", "show"),
    )
)
NEGATION_REACH = 3  # words that a negation reaches


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, slots left out."""
    return [word.lower() for word in WORD.findall(SLOT.sub(" ", text))]


def _own_words(statement: Statement) -> frozenset[str]:
    own = {word for phrase in candidates(statement) for word in words_of(phrase)}
    return PLAIN | own | {w for w, status in JUDGEMENTS.items() if status == statement.status}


def _without_subject(statement: Statement, text: str) -> str:
    """``text`` without the name of the structure, whose words count for nothing (third ventricle,
    left hippocampus)."""
    return re.sub(re.escape(statement.subject), " ", text, flags=re.IGNORECASE)


def _numbers(text: str) -> str | None:
    outside = SLOT.sub(" ", text)
    if any(character.isdigit() for character in outside):
        return "a number that was not measured"
    if found := sorted(NUMBERS & set(words_of(outside))):
        return f"a number word: {', '.join(found)}"
    return None


def _slots(statement: Statement, text: str) -> str | None:
    used = SLOT.findall(text)
    if unknown := sorted(set(used) - statement.fills.keys()):
        return f"an unknown measurement: {', '.join(unknown)}"
    if len(used) != len(set(used)):
        return "the same measurement twice"
    if re.search(r"[{}]", SLOT.sub("", text)):
        return "a damaged measurement mark"
    return None


def _sides(statement: Statement, text: str) -> str | None:
    words = set(words_of(text))
    if wrong := sorted((words & SIDES) - statement.sides):
        return f"the wrong side: {', '.join(wrong)}"
    if words & BOTH_SIDES and len(statement.sides) < len(SIDES):
        return "both sides where one was measured"
    return None


def judgements(text: str) -> set[Status]:
    """Which judgements a text passes; a negated departure counts as normal, a negated normal as
    both departures (which no finding is)."""
    words = words_of(text)
    passed: set[Status] = set()
    for place, word in enumerate(words):
        if word not in JUDGEMENTS:
            continue
        before = words[max(0, place - NEGATION_REACH) : place]
        negated = any(other in NEGATIONS for other in before)
        status = JUDGEMENTS[word]
        if negated:
            passed |= {"low", "high"} if status == "normal" else {"normal"}
        else:
            passed.add(status)
    return passed


def _contradiction(statement: Statement, text: str) -> str | None:
    if wrong := judgements(text) - {statement.status}:
        said = ", ".join(sorted(wrong))
        return f"a judgement ({said}) that contradicts the finding ({statement.status})"
    return None


def _foreign(statement: Statement, text: str) -> str | None:
    own = _own_words(statement)
    known = own | JUDGEMENTS.keys() | SIDES | BOTH_SIDES | NUMBERS | NEGATIONS
    if foreign := sorted(set(words_of(text)) - known):
        return f"words about what was not measured: {', '.join(foreign)}"
    if foreign := sorted(NEGATIONS & set(words_of(text)) - own):
        return f"a negation: {', '.join(foreign)}"
    return None


def refuse_part(statement: Statement, text: str) -> str | None:
    """Why the beginning of a sentence (whole words only) cannot be kept, or None."""
    rest = _without_subject(statement, text)
    return (
        _slots(statement, text)
        or _sides(statement, rest)
        or _numbers(rest)
        or _foreign(statement, text)
        or _contradiction(statement, rest)
    )


def refuse_sentence(statement: Statement, text: str) -> str | None:
    """Why a finished sentence cannot be linked to its finding, or None."""
    if reason := refuse_part(statement, text):
        return reason
    if missing := sorted(statement.fills.keys() - set(SLOT.findall(text))):
        return f"a measurement left out: {', '.join(missing)}"
    if statement.subject.lower() not in text.lower():
        return "the structure left out"
    if missing_sides := sorted(statement.sides - set(words_of(text))):
        return f"the side left out: {', '.join(missing_sides)}"
    if statement.status in ("low", "high") and statement.status not in judgements(text):
        return "the judgement left out"
    if re.search(r"[.!?]\s+\S", text):
        return "more than one sentence"
    return None
