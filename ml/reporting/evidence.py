"""Check 4: every positive statement is linked to evidence, or flagged."""

from __future__ import annotations

from collections.abc import Iterator

from ml.reporting.facts import Facts, Found, SentenceFact, found
from ml.reporting.reading import claims
from ml.reporting.sides import about


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    """What nothing looked for is red from the model, amber from a person."""
    by_ai = sentence["origin"] == "ai"
    stated = [claim for claim in claims(sentence["text"]) if claim.subject != "all"]
    for claim in stated:
        if about(claim, facts):
            continue
        name = claim.subject.replace("_", " ")
        if claim.status in ("absent", "normal"):
            yield found("amber", "evidence", f"nothing looked for {name}")
        else:
            yield found("red" if by_ai else "amber", "evidence", f"nothing shows {name}")
    if by_ai and not sentence["linked"]:
        yield found("amber", "evidence", "not linked to the images")
    elif not by_ai and not sentence["linked"] and not stated:
        yield found("amber", "evidence", "written by a person, not linked to the images")
