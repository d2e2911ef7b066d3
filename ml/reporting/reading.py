"""What a sentence claims: structures with a side, a judgement, and numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ml.reporting import lexicon

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
_UNITS = {
    "ml": ("mL", 1.0), "millilitres": ("mL", 1.0), "milliliters": ("mL", 1.0),
    "millilitre": ("mL", 1.0), "cc": ("mL", 1.0), "cm3": ("mL", 1.0), "cm³": ("mL", 1.0),
    "mm3": ("mL", 0.001), "mm³": ("mL", 0.001), "l": ("mL", 1000.0),
    "mm": ("mm", 1.0), "millimetres": ("mm", 1.0), "millimeters": ("mm", 1.0),
    "millimetre": ("mm", 1.0), "millimeter": ("mm", 1.0), "cm": ("mm", 10.0),
    "centimetres": ("mm", 10.0), "centimeters": ("mm", 10.0),
    "%": ("%", 1.0), "percent": ("%", 1.0), "per cent": ("%", 1.0),
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_WORD = "|".join(_NUMBER_WORDS)
NUMBER = re.compile(
    rf"(?<![\w.,])(?P<n>\d+(?:[.,]\d+)?|(?:{_WORD})(?=[ -](?:{_UNIT})\b))[ -]*"
    rf"(?P<u>(?:{_UNIT})(?![\w³]))?(?![\w])",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\b(\d{4})-(\d\d)-(\d\d)\b|\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b|"
    r"\b(?:(\d{1,2}) )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,? (\d{4})\b",
    re.IGNORECASE,
)
_NO_SIZE = re.compile(
    r"\b(?:series|image|slice|frame|segment|grade|figure|se|im|level)s? ?#?\d+\b|"
    r"\b\d+(?:\.\d+)? ?(?:t|tesla)\b|\b\d+[ -]years?[ -]old\b|\b\d+(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class Number(NamedTuple):
    """``value`` in mL, mm, % or without unit; ``step`` is the last digit written, in that unit."""

    value: float
    unit: str
    step: float
    start: int
    end: int


class Clause(NamedTuple):
    """A part of a sentence that one negation may govern; ``at`` is where it starts."""

    text: str
    at: int


class Claim(NamedTuple):
    """``status`` low, normal, high, present or absent, of ``subject`` on ``side`` ("" unsaid)."""

    subject: str
    side: str
    status: str
    aspect: str


def clauses(text: str) -> Iterator[Clause]:
    start = 0
    for cut in lexicon.CLAUSE.finditer(text):
        if text[start : cut.start()].strip():
            yield Clause(text[start : cut.start()], start)
        start = cut.end()
    if text[start:].strip():
        yield Clause(text[start:], start)


def named(text: str, table: Sequence[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Each place where the table's words stand, once, longer names first: start, end, meaning."""
    taken: list[tuple[int, int, str]] = []
    for pattern, meaning in table:
        for hit in re.finditer(rf"\b{pattern}(?!\w)", text, re.IGNORECASE):
            if all(hit.end() <= start or hit.start() >= end for start, end, _ in taken):
                taken.append((hit.start(), hit.end(), meaning))
    return sorted(taken)


def sides(text: str) -> list[tuple[int, str]]:
    """Side words with their places; "both" stands for either side."""
    table = ((lexicon.LEFT, "left"), (lexicon.RIGHT, "right"), (lexicon.BOTH, "both"))
    return [(start, side) for start, _, side in named(text, table)]


def side_of(text: str) -> str:
    """The one side a text speaks of: left, right, both, or "" for none."""
    words = {side for _, side in sides(text)}
    if not words:
        return ""
    return next(iter(words)) if len(words) == 1 else "both"


def negated(text: str, at: int) -> bool:
    """Whether a negation stands before ``at`` in a clause, or denies it right after."""
    if re.search(lexicon.NEGATION, text[:at], re.IGNORECASE):
        return True
    denied = r"^[\w-]* (?:is|are|was|were|has|have)? ?(?:been )?(?:absent|excluded|not )"
    return re.search(denied, text[at:], re.IGNORECASE) is not None


def dates(text: str) -> list[str]:
    """Dates as YYYY-MM-DD, or YYYY-MM where no day is given."""
    found = []
    for hit in DATE.finditer(text):
        y, m, d, day, month, year, word_day, word, word_year = hit.groups()
        if y:
            found.append(f"{y}-{m}-{d}")
        elif year:
            found.append(f"{year}-{int(month):02d}-{int(day):02d}")
        else:
            stated = f"{word_year}-{_MONTHS.index(word.lower()) + 1:02d}"
            found.append(f"{stated}-{int(word_day):02d}" if word_day else stated)
    return found


def numbers(text: str) -> list[Number]:
    """Sizes a text states, dates, image numbers and the like left out."""
    for pattern in (DATE, _NO_SIZE):
        text = pattern.sub(lambda hit: " " * len(hit.group()), text)
    found = []
    for hit in NUMBER.finditer(text):
        written = hit["n"].lower().replace(",", ".")
        unit, factor = _UNITS.get((hit["u"] or "").lower(), ("", 1.0))
        value = float(_NUMBER_WORDS.get(written, written))
        places = len(written.partition(".")[2]) if written[0].isdigit() else 0
        found.append(Number(value * factor, unit, factor * 10.0**-places, hit.start(), hit.end()))
    return found


def claims(text: str) -> list[Claim]:
    """Every judgement and every thing said to be there or absent."""
    said: list[Claim] = []
    structures: list[str] = []
    side = aspect = ""
    text = re.sub(lexicon.WITHIN, "", text, flags=re.IGNORECASE)
    for clause in clauses(text):
        if re.search(lexicon.ALL_NORMAL, clause.text, re.IGNORECASE):
            said.append(Claim("all", "", "normal", ""))
        here = named(clause.text, lexicon.STRUCTURES)
        structures = list(dict.fromkeys(name for _, _, name in here)) or structures
        aspect = "" if here else aspect
        if re.search(lexicon.ASYMMETRY, clause.text, re.IGNORECASE):
            aspect = "asymmetry"
        # ", which is normal" speaks of what the clause before it named, on its side.
        side = side_of(clause.text) or ("" if here else side)
        # "Larger than before" says nothing of the reference.
        judged = not re.search(rf"\b{lexicon.COMPARED}\b", clause.text, re.IGNORECASE)
        judgements = named(clause.text, lexicon.JUDGEMENTS) if judged else []
        for start, _, word in judgements:
            status = _turned(word) if negated(clause.text, start) else word
            said += [Claim(name, side, status, aspect) for name in structures]
        for start, _, entity in named(clause.text, lexicon.ENTITIES):
            there = "absent" if negated(clause.text, start) else "present"
            said.append(Claim(entity, side, there, ""))
    return said


def _turned(status: str) -> str:
    """What a negated judgement says."""
    return "abnormal" if status == "normal" else "normal"
