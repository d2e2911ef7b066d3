"""Check 2: side words against the findings and against where the evidence lies in LPS."""

from __future__ import annotations

from collections.abc import Iterator

from ml.reporting.facts import Facts, FindingFact, Found, SentenceFact, found
from ml.reporting.numbers import related
from ml.reporting.reading import Claim, claims, side_of

OTHER = {"left": "right", "right": "left"}
CENTRAL_MM = 5.0  # nearer to the midline a point has no side


def about(claim: Claim, facts: Facts) -> list[FindingFact]:
    """Judged findings that a claim speaks of, on whatever side."""
    judged = [f for f in facts["findings"] if f["status"] != "measured"]
    own = [f for f in judged if f["structure"] == claim.subject]
    own = own or [f for f in judged if f["structure"] in related({claim.subject})]
    same = [f for f in own if (f["aspect"] == "asymmetry") == (claim.aspect == "asymmetry")]
    return same or own


def agrees(claim: Claim, finding: FindingFact) -> bool:
    """Whether a finding's status is the claim's; an asymmetry has no direction."""
    status = finding["status"]
    if claim.status == "abnormal" or "asymmetry" in (claim.aspect, finding["aspect"]):
        return (claim.status == "normal") == (status == "normal")
    return status == claim.status


def turned(claim: Claim, facts: Facts) -> bool:
    """Whether a claim would hold on the other side and does not on its own."""
    if claim.side not in OTHER or claim.status in ("normal", "absent"):
        return False
    fits = [f["side"] for f in about(claim, facts) if agrees(claim, f)]
    return OTHER[claim.side] in fits and claim.side not in fits


def _lies(sentence: SentenceFact, facts: Facts) -> set[str]:
    """Sides on which the evidence lies, by its name, else by its point."""
    lie = set()
    for item in sentence["evidence"]:
        side = side_of(str(item.get("structure", "")))
        point, middle = item.get("point_lps"), facts["midline_x_mm"]
        if not side and point and middle is not None and abs(point[0] - middle) > CENTRAL_MM:
            side = "left" if point[0] > middle else "right"
        lie.add(side)
    return lie


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    said = side_of(sentence["text"])
    for claim in claims(sentence["text"]):
        if turned(claim, facts):
            name = claim.subject.replace("_", " ")
            yield found("red", "side", f"{name}: found on the {OTHER[claim.side]}")
            return
    asymmetric = any(claim.aspect == "asymmetry" for claim in claims(sentence["text"]))
    if said in OTHER and not asymmetric and _lies(sentence, facts) == {OTHER[said]}:
        yield found("red", "side", f"the evidence lies on the {OTHER[said]}")
