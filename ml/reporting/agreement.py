"""Check 7: whether several samples of one sentence mean the same (semantic entropy)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from ml.reporting import lexicon
from ml.reporting.facts import Facts, Found, SentenceFact, found
from ml.reporting.reading import claims, named, numbers, sides

LIMIT = 0.5


def meaning(text: str) -> tuple[object, ...]:
    """The facts of a text: samples of equal facts mean the same, however they are worded.

    Farquhar et al., Nature 2024;630:625 group by entailment; within the words that reports use,
    equal claims, sizes, structures and sides entail one another.
    """
    return (
        frozenset(claims(text)),
        frozenset((round(n.value, 3), n.unit) for n in numbers(text)),
        frozenset(name for _, _, name in named(text, lexicon.STRUCTURES)),
        frozenset(side for _, side in sides(text)),
    )


def semantic_entropy(samples: Sequence[str]) -> float:
    """Entropy over the meanings of N samples, 0 (all alike) to 1 (all different); 0 below two."""
    if len(samples) < 2:
        return 0.0
    shares = [n / len(samples) for n in Counter(map(meaning, samples)).values()]
    return -sum(share * math.log(share) for share in shares) / math.log(len(samples)) + 0.0


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:  # noqa: ARG001 (all checks have one signature)
    if (entropy := sentence.get("entropy", 0.0)) > LIMIT:
        yield found("amber", "agreement", f"samples of this sentence disagree ({entropy:.2f})")
