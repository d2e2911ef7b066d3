"""Phrases for statements, as data.

They serve twice. Filled with other structures they are the examples from which the language model
takes its tone; filled with the statement's own they are the only sentences it may choose among
when its free one was refused. ``{S}`` is the subject with its article, ``{s}`` without, ``{a}`` the
aspect, ``{has}`` and ``{is}`` agree with the subject, ``{side}`` is the one side word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ml.pipelines.draft_report.rules import RULES
from ml.pipelines.draft_report.statements import Form, Statement, Status

V, R = "{{m:value}}", "{{m:reference}}"
LEFT, RIGHT = "{{m:left}}", "{{m:right}}"
SHARE = "{{m:share}}"

PHRASES: dict[tuple[Form, Status], tuple[str, ...]] = {
    ("limit", "normal"): (
        "The {a} of the {s} is {V} ({R}), which is within normal limits.",
        "The {a} of the {s} is within normal limits at {V} ({R}).",
        "The {s} {has} a normal {a} of {V} ({R}).",
    ),
    ("limit", "low"): (
        "The {a} of the {s} is reduced to {V} ({R}).",
        "The {a} of the {s} is reduced at {V} ({R}).",
        "The {s} {has} a reduced {a} of {V} ({R}).",
    ),
    ("limit", "high"): (
        "The {a} of the {s} is increased to {V} ({R}).",
        "The {a} of the {s} is increased at {V} ({R}).",
        "The {s} {has} an increased {a} of {V} ({R}).",
    ),
    ("measured", "measured"): (
        "The {a} of the {s} is {V}.",
        "The {s} {has} a {a} of {V}.",
        "The {s} measures {V} in {a}.",
    ),
    ("share", "measured"): (
        "The {s} {has} a {a} of {V}, which is {P} of the intracranial {a}.",
        "The {a} of the {s} is {V}, or {P} of the intracranial {a}.",
        "The {s} measures {V}, {P} of the intracranial {a}.",
    ),
    ("pair", "measured"): (
        "The {s} measure {L} on the left and {G} on the right.",
        "The {a} of the {s} are {L} on the left and {G} on the right.",
        "The {s} have {a} of {L} on the left and {G} on the right.",
    ),
    ("asymmetry", "normal"): (
        "The {s} are symmetrical, with a {a} of {V} ({R}).",
        "The {s} are symmetrical, and the {a} is {V} ({R}).",
        "The {a} of the {s} is {V} ({R}), which is within normal limits.",
    ),
    ("asymmetry", "high"): (
        "The {s} are asymmetrical, smaller on the {side}, with a {a} of {V} ({R}).",
        "The {s} are asymmetrical and smaller on the {side}; the {a} is {V} ({R}).",
    ),
    ("midline", "normal"): (
        "The {s} is not displaced, with a measured {a} of {V} ({R}).",
        "The {s} is central, with a measured {a} of {V} ({R}).",
        "The measured {a} of the {s} is {V} ({R}), which is within normal limits.",
    ),
    ("midline", "high"): (
        "The {s} is displaced to the {side}, with a {a} of {V} ({R}).",
        "The {s} is shifted to the {side}, with a measured {a} of {V} ({R}).",
    ),
    ("impression", "low"): (
        "Reduced {a} of the {s} ({V}, {R}).",
        "The {s} {has} a reduced {a} ({V}, {R}).",
    ),
    ("impression", "high"): (
        "Increased {a} of the {s} ({V}, {R}).",
        "The {s} {has} an increased {a} ({V}, {R}).",
    ),
    ("summary", "normal"): (
        "The {s} are within their {a}.",
        "All {s} are within their {a}.",
        "The {s} are unremarkable and within their {a}.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A structure to show a phrase on: none that the report itself speaks of in that form."""

    subject: str
    aspect: str
    plural: bool = False
    side: str = "left"


_MODELS: dict[Form, tuple[_Model, ...]] = {
    "limit": (
        _Model(subject="left putamen", aspect="volume"),
        _Model(subject="temporal horns", aspect="width", plural=True),
        _Model(subject="pons", aspect="diameter"),
    ),
    "measured": (
        _Model(subject="pons", aspect="volume"),
        _Model(subject="spinal cord", aspect="area"),
        _Model(subject="corpus callosum", aspect="length"),
    ),
    "share": (
        _Model(subject="grey matter", aspect="volume"),
        _Model(subject="white matter", aspect="volume"),
        _Model(subject="cerebrospinal fluid", aspect="volume"),
    ),
    "pair": (
        _Model(subject="optic nerves", aspect="diameters", plural=True),
        _Model(subject="eyes", aspect="volumes", plural=True),
        _Model(subject="red nuclei", aspect="volumes", plural=True),
    ),
    "asymmetry": (
        _Model(subject="ocular diameters", aspect="difference", plural=True, side="right"),
        _Model(subject="nerve diameters", aspect="difference", plural=True, side="left"),
        _Model(subject="putaminal volumes", aspect="difference", plural=True, side="right"),
    ),
    "midline": (
        _Model(subject="falx", aspect="shift", side="right"),
        _Model(subject="septum", aspect="shift", side="left"),
        _Model(subject="pineal gland", aspect="shift", side="right"),
    ),
    "summary": (
        _Model(subject="examined regions", aspect="expected ranges", plural=True),
        _Model(subject="recorded volumes", aspect="normal limits", plural=True),
        _Model(subject="listed regions", aspect="usual ranges", plural=True),
    ),
}
_MODELS["impression"] = _MODELS["limit"]
_WORDS: dict[Status, str] = {
    "normal": "normal",
    "low": "reduced",
    "high": "increased",
    "measured": "no reference",
}


def _filled(phrase: str, subject: str, aspect: str, *, plural: bool, side: str) -> str:
    slots = {"V": V, "R": R, "L": LEFT, "G": RIGHT, "P": SHARE}
    words = {"s": subject, "a": aspect, "has": "have" if plural else "has", "side": side}
    return phrase.format(**slots, **words)


def _fact(subject: str, aspect: str, status: Status, form: Form, side: str) -> str:
    """The facts as the prompt lists them."""
    if form == "summary":
        return f"{subject}; {aspect}; {_WORDS[status]}"
    if form == "pair":
        return f"{subject}; {aspect}; left {LEFT}; right {RIGHT}"
    if form == "share":
        return f"{subject}; {aspect} {V}; {SHARE} of the intracranial {aspect}"
    if form in ("midline", "asymmetry") and status == "high":
        verdict = f"displaced to the {side}" if form == "midline" else f"smaller on the {side}"
        return f"{subject}; {aspect} {V}; {R}; {verdict}"
    reference = "" if status == "measured" else f"; {R}; {_WORDS[status]}"
    return f"{subject}; {aspect} {V}{reference}"


def _side(statement: Statement) -> str:
    return next(iter(statement.sides)) if len(statement.sides) == 1 else ""


def candidates(statement: Statement) -> tuple[str, ...]:
    """Every phrase for a statement, in its own words; slots as ``{{m:name}}``."""
    return tuple(
        _filled(
            phrase,
            statement.subject,
            statement.aspect,
            plural=statement.plural,
            side=_side(statement),
        )
        for phrase in PHRASES[statement.form, statement.status]
    )


INSTRUCTION = (
    "Write each finding as one sentence of a radiology report. "
    "Keep every mark in double braces as it is."
)


def prompt(statement: Statement) -> tuple[str, str]:
    """The prompt in two parts: examples, which many statements share, and the statement's own."""
    return _examples(statement.form, statement.status, statement.variant), (
        "Finding: "
        + _fact(
            statement.subject,
            statement.aspect,
            statement.status,
            statement.form,
            _side(statement),
        )
        + "\nSentence:"
    )


def usual_examples() -> Iterator[str]:
    """The examples that a draft without abnormal findings starts its sentences from."""
    for variant, rule in enumerate(RULES):
        if rule.told:
            yield _examples(rule.form, "normal" if rule.judged else "measured", variant)
    yield _examples("summary", "normal", 0)


def _examples(form: Form, status: Status, variant: int) -> str:
    shown = list(zip(PHRASES[form, status], _MODELS[form], strict=False))
    # A small model takes its tone from the last example: let that be another one each time.
    turn = variant % len(shown)
    text = INSTRUCTION + "\n\n"
    for phrase, model in shown[turn:] + shown[:turn]:
        fact = _fact(model.subject, model.aspect, status, form, model.side)
        sentence = _filled(
            phrase, model.subject, model.aspect, plural=model.plural, side=model.side
        )
        text += f"Finding: {fact}\nSentence: {sentence}\n\n"
    return text
