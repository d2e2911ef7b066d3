"""Check 3: negation and contradiction between findings, impression and measurements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ml.reporting.facts import Facts, Found, SentenceFact, found
from ml.reporting.reading import Claim, claims
from ml.reporting.sides import about, agrees, turned

ABNORMAL = ("low", "high", "present")


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    """Against what was found."""
    for claim in claims(sentence["text"]):
        if claim.subject == "all":
            if wrong := [f["id"] for f in facts["findings"] if f["status"] in ABNORMAL]:
                yield found("red", "contradiction", f"not normal: {', '.join(wrong[:3])}")
            continue
        if turned(claim, facts):
            continue  # the check of sides tells it
        known = about(claim, facts)
        if claim.side:
            wanted = {"left", "right"} if claim.side == "both" else {claim.side}
            sided = [f for f in known if f["side"] in wanted]
            known = sided or [f for f in known if f["side"] not in ("left", "right")]
        fits = [agrees(claim, finding) for finding in known]
        every = claim.side == "both" or (claim.status == "normal" and claim.aspect == "")
        if known and not (all(fits) if every and _one_family(known) else any(fits)):
            name = claim.subject.replace("_", " ")
            status = "/".join(sorted({f["status"] for f in known}))
            yield found("red", "contradiction", f"{name}: {claim.status} is said, found {status}")


def _one_family(known: Sequence[object]) -> bool:
    """Whether the findings are of one structure."""
    return len({f["structure"] for f in known if isinstance(f, dict)}) == 1


def against_others(said: Sequence[Sequence[Claim]]) -> list[list[Found]]:
    """Claims of each sentence against those of the others, such as findings and impression.

    Returns:
        The complaints about each sentence.
    """
    complaints: list[list[Found]] = [[] for _ in said]
    for here, own in enumerate(said):
        for other in (claim for there, all_of in enumerate(said) if there != here
                      for claim in all_of):  # fmt: skip
            hit = next((claim for claim in own if _opposed(claim, other)), None)
            if hit is not None:
                name = hit.subject.replace("_", " ")
                text = f"{name}: another sentence says {other.status}"
                complaints[here].append(found("red", "contradiction", text))
                break
    return complaints


def _opposed(one: Claim, other: Claim) -> bool:
    if one.subject != other.subject or one.aspect != other.aspect or one.side != other.side:
        return False
    pair = {one.status, other.status}
    if one.aspect == "asymmetry" and "normal" not in pair:
        return False  # smaller on one side and larger on the other are one thing
    return pair in ({"present", "absent"}, {"low", "high"}, {"normal", "low"}, {"normal", "high"})
