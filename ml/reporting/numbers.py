"""Check 1: every number against the measurement service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml.reporting import lexicon
from ml.reporting.facts import Facts, Found, Level, MeasurementFact, SentenceFact, found
from ml.reporting.reading import Number, named, numbers, sides

VENTRICLES = {"lateral_ventricle", "ventricles", "frontal_horns"}


def related(names: set[str]) -> set[str]:
    """Structures that reports name for one another."""
    return names | VENTRICLES if names & VENTRICLES else names


def agrees(number: Number, value: float) -> bool:
    """Whether ``value``, rounded as the number is written, is that number."""
    return abs(number.value - value) <= number.step / 2 + 1e-9


def side_at(text: str, number: Number) -> str:
    """The side a number belongs to: "on the left" right after it, else the last one named."""
    after = re.match(
        rf"\s*\(?(?:on|at|in|for) (?:the )?({lexicon.LEFT}|{lexicon.RIGHT})\b",
        text[number.end :],
        re.IGNORECASE,
    )
    if after:
        return "left" if after[1].lower().startswith("l") else "right"
    before = [side for place, side in sides(text) if place < number.start]
    return before[-1] if before else ""


def _limits(fact: MeasurementFact) -> list[Number]:
    return numbers(fact.get("reference", ""))


def check(sentence: SentenceFact, facts: Facts) -> Iterator[Found]:
    """A number that contradicts its measurement is red; one of something nobody measured is red
    from the model and amber from a person. Numbers of a comparison are another check's."""
    text = sentence["text"]
    if re.search(
        rf"\b{lexicon.COMPARED}\b",
        re.sub(lexicon.WITHIN, "", text, flags=re.IGNORECASE),
        re.IGNORECASE,
    ):
        return
    about = {name for _, _, name in named(text, lexicon.STRUCTURES)}
    entity = bool(named(text, lexicon.ENTITIES))
    measured = list(facts["measurements"].values())
    own = [fact for fact in measured if fact["structure"] in related(about)]
    for number in numbers(text):
        written = text[number.start : number.end].strip()
        pool = [fact for fact in own or measured if fact["unit"] == number.unit]
        if any(agrees(limit, number.value) for fact in pool for limit in _limits(fact)):
            continue
        fitting = [fact for fact in pool if agrees(number, fact["value"])]
        if fitting:
            side = side_at(text, number)
            if side in ("left", "right") and not any(f["side"] in (side, "") for f in fitting):
                yield found("red", "side", f"{written} was measured on the other side")
            continue
        if own and pool and not entity:
            stated = ", ".join(dict.fromkeys(fact["text"] for fact in pool[:3]))
            yield found("red", "numbers", f"{written} was not measured; measured: {stated}")
        elif number.unit or sentence["origin"] == "ai":
            level: Level = "red" if sentence["origin"] == "ai" else "amber"
            yield found(level, "numbers", f"nothing measured gives {written}")
