"""Check 9: an image of another kind gets no draft but a reason."""

from __future__ import annotations

from collections.abc import Iterator

from ml.reporting.facts import Facts, Found, SentenceFact, found


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    gate = facts["gate"]
    if sentence["origin"] == "ai" and gate is not None and not gate["passed"]:
        yield found("red", "distribution", "the image is not of the kind the model was made for")
