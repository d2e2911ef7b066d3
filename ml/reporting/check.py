"""The checks of a report, most reliable first. Pure, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml.reporting import (
    acquired,
    agreement,
    comparison,
    contradiction,
    distribution,
    evidence,
    numbers,
    omission,
    sides,
)
from ml.reporting.facts import Check, Facts, Found, Level, SentenceFact
from ml.reporting.reading import claims

IN_ORDER = (
    numbers.check,
    sides.check,
    contradiction.check,
    evidence.check,
    comparison.check,
    acquired.check,
    agreement.check,
    distribution.check,
)


def check_sentences(sentences: Sequence[SentenceFact], facts: Facts) -> list[Check]:
    """The verdict on each sentence, in their order. Omissions are the whole report's:
    ``check_report``."""
    said = [claims(sentence["text"]) for sentence in sentences]
    crossed = contradiction.against_others(said)
    return [
        _verdict([*(hit for one in IN_ORDER for hit in one(sentence, facts)), *others])
        for sentence, others in zip(sentences, crossed, strict=True)
    ]


def check_report(sentences: Sequence[SentenceFact], facts: Facts) -> Check:
    """The verdict on what the report as a whole leaves out."""
    return _verdict(omission.check(sentences, facts))


def _verdict(hits: Iterable[Found]) -> Check:
    ordered = list({(hit["check"], hit["text"]): hit for hit in hits}.values())
    level: Level = "green"
    if ordered:
        level = "red" if any(hit["level"] == "red" for hit in ordered) else "amber"
    return {
        "level": level,
        "reasons": [{"check": hit["check"], "text": hit["text"]} for hit in ordered],
    }
