"""Check 8: what was found and the text leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from ml.reporting.facts import Facts, Found, SentenceFact, found
from ml.reporting.reading import claims
from ml.reporting.sides import about, agrees


def check(sentences: Sequence[SentenceFact], facts: Facts) -> list[Found]:
    """One complaint for each abnormal finding that no sentence states, on its side."""
    said = [claim for sentence in sentences for claim in claims(sentence["text"])]
    missing = []
    for finding in facts["findings"]:
        if not finding["told"] or finding["status"] not in ("low", "high", "present"):
            continue
        stated = any(
            finding in about(claim, facts) and agrees(claim, finding)
            and claim.side in (finding["side"], "both", "")
            for claim in said
        )  # fmt: skip
        if not stated:
            name = " ".join(
                filter(None, (finding["side"], finding["structure"], finding["aspect"]))
            )
            missing.append(found("amber", "omission", f"left out: {name}, {finding['status']}"))
    return missing
