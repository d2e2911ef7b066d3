"""Simulated facts, a good report on them, and one error seeded into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ml.reporting.facts import Facts, FindingFact, MeasurementFact, SentenceFact, facts_of
from ml.reporting.figures import grammar

OTHER = {"left": "right", "right": "left"}
DATE = "2024-03-01"
Grammar = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence and what it was made from."""

    text: str
    kind: str = ""
    side: str = ""
    value: float = 0.0
    unit: str = ""
    digits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    facts: Facts
    sentences: tuple[Said, ...]

    def as_checked(self) -> list[SentenceFact]:
        return [
            {"text": one.text, "section": "findings", "origin": "ai", "linked": True,
             "evidence": []}
            for one in self.sentences
        ]  # fmt: skip


def _shown(value: float, unit: str, digits: int) -> str:
    return f"{value:.{digits}f} {unit}".strip()


def write(kind: str, words: Grammar, random: Random, said: Said) -> Said:
    """``said`` put into words of ``kind``."""
    text = random.choice(words[kind]).format(
        side=said.side, Side=said.side.capitalize(), v=_shown(said.value, said.unit, said.digits)
    )
    return replace(said, text=text, kind=kind)


def good_report(random: Random, words: Grammar) -> Report:
    """One head: two hippocampi, one of them small in half the heads; third ventricle; Evans index;
    a prior in half the heads."""
    measurements: dict[str, MeasurementFact] = {}
    findings: list[FindingFact] = []
    sentences: list[Said] = []

    def add(key: str, stem: str, structure: str, side: str, aspect: str, said: Said,
            limit: float, *, low: bool) -> None:  # fmt: skip
        sign, outside = ("≥", said.value < limit) if low else ("≤", said.value > limit)
        measurements[key] = {
            "structure": structure, "side": side, "aspect": aspect, "value": said.value,
            "unit": said.unit, "text": _shown(said.value, said.unit, said.digits),
            "reference": f"reference {sign} {limit:.{said.digits}f} {said.unit}".strip(),
        }  # fmt: skip
        status = ("low" if low else "high") if outside else "normal"
        findings.append(
            {"id": key, "structure": structure, "side": side, "aspect": aspect,
             "status": "low" if status == "low" else "high" if status == "high" else "normal",
             "told": True}
        )  # fmt: skip
        sentences.append(write(f"{stem}.{status}", words, random, said))

    small = random.choice(("left", "right", ""))
    for side in OTHER:
        value = round(random.uniform(1.7, 2.4) if side == small else random.uniform(2.9, 4.2), 2)
        said = Said(text="", side=side, value=value, unit="mL", digits=2)
        add(f"{side}_hippocampus.volume", "hippocampus", "hippocampus", side, "volume", said, 2.6,
            low=True)  # fmt: skip
    wide = random.random() < 0.5
    width = float(random.randint(12, 17) if wide else random.randint(4, 9))
    add("third_ventricle.width", "third", "third_ventricle", "", "width",
        Said(text="", value=width, unit="mm"), 10.0, low=False)  # fmt: skip
    index = round(random.uniform(0.32, 0.4) if wide else random.uniform(0.22, 0.28), 2)
    add("frontal_horns.evans", "evans", "frontal_horns", "", "Evans index",
        Said(text="", value=index, digits=2), 0.3, low=False)  # fmt: skip
    priors = []
    if random.random() < 0.5:
        side = random.choice(("left", "right"))
        new = measurements[f"{side}_hippocampus.volume"]["value"]
        old = round(new + random.uniform(0.2, 0.6), 2)
        priors = [{"date": DATE, "measurements": {f"{side}_hippocampus.volume": old}}]
        text = random.choice(words["prior"]).format(
            side=side, date=DATE, old=f"{old:.2f} mL", v=f"{new:.2f} mL",
            delta=f"{old - new:.2f} mL",
        )  # fmt: skip
        sentences.append(Said(text=text, kind="prior"))
    sentences.append(Said(text=random.choice(grammar.CLEAN), kind="clean"))
    facts = facts_of(
        {
            "measurements": measurements, "findings": findings, "priors": priors,
            "acquired": {"modality": "MR", "sequences": ["T1"], "contrast": False, "views": []},
        }
    )  # fmt: skip
    return Report(facts=facts, sentences=tuple(sentences))


Seeded = tuple[Report, int | None]
Seed = Callable[[Report, Random, Grammar, int], Seeded | None]


def _replaced(report: Report, place: int, said: Said) -> Seeded:
    sentences = (*report.sentences[:place], said, *report.sentences[place + 1 :])
    return replace(report, sentences=sentences), place


def _added(report: Report, text: str) -> Seeded:
    sentences = (*report.sentences, Said(text=text))
    return replace(report, sentences=sentences), len(report.sentences)


def _places(report: Report, *endings: str) -> list[int]:
    return [i for i, said in enumerate(report.sentences) if said.kind.endswith(endings)]


def wrong_side(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    places = list(_places(report, "hippocampus.low"))
    if not places:
        return None
    said = report.sentences[places[0]]
    other = replace(said, side=OTHER[said.side])
    return _replaced(report, places[0], write(said.kind, words, random, other))


def wrong_size(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    place = random.choice(_places(report, ".low", ".high", ".normal"))
    said = report.sentences[place]
    changed = replace(said, value=said.value * random.choice((0.8, 1.25, 1.1)))
    return _replaced(report, place, write(said.kind, words, random, changed))


def negation(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    place = random.choice(_places(report, ".low", ".high", ".normal"))
    said = report.sentences[place]
    stem, _, status = said.kind.partition(".")
    abnormal = "low" if stem == "hippocampus" else "high"
    turned = abnormal if status == "normal" else "normal"
    return _replaced(report, place, write(f"{stem}.{turned}", words, random, said))


def invented_finding(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    text = random.choice(grammar.INVENTED[held])
    return _added(report, text.format(side=random.choice(("left", "right"))))


def invented_prior(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    if report.facts["priors"]:
        return None
    return _added(report, random.choice(grammar.INVENTED_PRIOR[held]).format(date=DATE))


def not_acquired(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    return _added(report, random.choice(grammar.NOT_ACQUIRED[held]))


def contradiction(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    """A second sentence, in the impression's place, that says the opposite."""
    seeded = negation(report, random, words, held)
    if seeded is None or seeded[1] is None:
        return None
    return _added(report, seeded[0].sentences[seeded[1]].text)


def omission(report: Report, random: Random, words: Grammar, held: int) -> Seeded | None:
    places = _places(report, ".low", ".high")
    if not places or any(said.kind == "prior" for said in report.sentences):
        return None
    place = random.choice(places)
    kept = (*report.sentences[:place], *report.sentences[place + 1 :])
    return replace(report, sentences=kept), None


SEEDS: dict[str, tuple[Seed, str]] = {
    "wrong side": (wrong_side, "side"),
    "wrong size": (wrong_size, "numbers"),
    "negation": (negation, "contradiction"),
    "contradiction impression/findings": (contradiction, "contradiction"),
    "invented finding": (invented_finding, "evidence"),
    "invented prior": (invented_prior, "comparison"),
    "not acquired": (not_acquired, "acquired"),
    "omission": (omission, "omission"),
}
