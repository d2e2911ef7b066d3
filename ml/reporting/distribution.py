"""Check 9: an image of another kind gets no draft but a reason."""

from __future__ import annotations

from collections.abc import Iterator

from ml.reporting.facts import Facts, Found, Level, SentenceFact, found


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    gate = facts["gate"]
    """Amber where a person took the image all the same."""
    if sentence["origin"] == "ai" and gate is not None and not gate["passed"]:
        level: Level = "amber" if gate["overridden"] else "red"
        yield found(level, "distribution", "the image is not of the kind the model was made for")
