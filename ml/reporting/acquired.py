"""Check 6: nothing about sequences, views or contrast that were not acquired."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml.reporting import lexicon
from ml.reporting.facts import Acquired, Facts, Found, SentenceFact, found
from ml.reporting.reading import clauses, named


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    """No word of enhancement without contrast: to deny it needs contrast as much."""
    for clause in clauses(sentence["text"]):
        yield from _clause(clause.text, facts["acquired"])


def _clause(text: str, acquired: Acquired) -> Iterator[Found]:
    denied = re.search(lexicon.NOT_MADE, text, re.IGNORECASE) is not None
    for table, have in (
        (lexicon.SEQUENCES, acquired["sequences"]),
        (lexicon.VIEWS, acquired["views"]),
    ):
        for name in dict.fromkeys(name for _, _, name in named(text, table)):
            yield from _held(name, None if have is None else name in have, denied=denied)
    given = re.search(r"\b(?:no|without) contrast\b|contrast was", text, re.IGNORECASE)
    if given or re.search(rf"\b{lexicon.ENHANCEMENT}\b", text, re.IGNORECASE):
        yield from _held("contrast", acquired["contrast"], denied=denied)


def _held(name: str, have: bool | None, *, denied: bool) -> Iterator[Found]:
    if have is None:
        yield found("amber", "acquired", f"it is not known whether there is {name}")
    elif have == denied:
        yield found("red", "acquired", f"{name} {'was' if have else 'was not'} acquired")
