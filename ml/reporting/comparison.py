"""Check 5: words of comparison need a real prior and its date; deltas are recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml.reporting import lexicon
from ml.reporting.facts import Facts, Found, Prior, SentenceFact, found
from ml.reporting.numbers import agrees, related, side_at
from ml.reporting.reading import Number, dates, named, numbers, side_of

STABLE_PERCENT = 5.0


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    text = re.sub(lexicon.WITHIN, "", sentence["text"], flags=re.IGNORECASE)
    if not re.search(rf"\b{lexicon.COMPARED}\b", text, re.IGNORECASE):
        return
    if not facts["priors"]:
        yield found("red", "comparison", "there is no prior to compare with")
        return
    stated = dates(text)
    known = {prior["date"] for prior in facts["priors"]}
    if wrong := [date for date in stated if not any(day.startswith(date) for day in known)]:
        yield found("red", "comparison", f"there is no prior of {', '.join(wrong)}")
        return
    if not stated:
        yield found("amber", "comparison", "the prior's date is not given")
    prior = _prior(facts, stated)
    yield from _deltas(text, facts, prior)


def _prior(facts: Facts, stated: list[str]) -> Prior:
    fitting = [p for p in facts["priors"] if any(p["date"].startswith(d) for d in stated)]
    return max(fitting or facts["priors"], key=lambda prior: prior["date"])


def _deltas(text: str, facts: Facts, prior: Prior) -> Iterator[Found]:
    """Numbers, and the direction in words, against today's value and the prior's."""
    about = related({name for _, _, name in named(text, lexicon.STRUCTURES)})
    side = side_of(text)
    pairs = [
        (prior["measurements"][key], fact)
        for key, fact in facts["measurements"].items()
        if key in prior["measurements"] and fact["structure"] in about
        and (side not in ("left", "right") or fact["side"] in (side, ""))
    ]  # fmt: skip
    if not pairs:
        yield found("amber", "comparison", "nothing was measured on both dates")
        return
    for number in numbers(text):
        place = side_at(text, number)
        sided = [p for p in pairs if place not in ("left", "right") or p[1]["side"] in (place, "")]
        if not any(_fits(number, old, fact["value"], fact["unit"]) for old, fact in sided):
            written = text[number.start : number.end].strip()
            yield found("red", "comparison", f"{written} does not follow from the two dates")
    changes = [100.0 * (fact["value"] - old) / old for old, fact in pairs if old]
    if changes and (wrong := _direction(text, changes)):
        yield found("red", "comparison", wrong)


def _fits(number: Number, old: float, new: float, unit: str) -> bool:
    if number.unit == "%" and old and agrees(number, abs(100.0 * (new - old) / old)):
        return True
    values = (old, new, abs(new - old))
    return number.unit == unit and any(agrees(number, value) for value in values)


def _direction(text: str, changes: list[float]) -> str | None:
    words = (
        (lexicon.STABLE, any(abs(change) <= STABLE_PERCENT for change in changes)),
        (lexicon.GROWS, any(change > 0 for change in changes)),
        (lexicon.SHRINKS, any(change < 0 for change in changes)),
    )
    for pattern, holds in words:
        if re.search(rf"\b{pattern}\b", text, re.IGNORECASE):
            return None if holds else f"the change was {changes[0]:+.1f} %"
    return None
