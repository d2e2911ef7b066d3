"""Facts of a report, and how well two reports agree on them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ml.evaluation.cases import CaseRefused

SIDES = ("left", "right")


class Fact(NamedTuple):
    """One statement: of ``structure`` on ``side`` ("left", "right", "midline" or ""), ``finding``
    is ``present`` or stated to be absent."""

    structure: str
    side: str
    finding: str
    present: bool


def read_facts(path: Path) -> tuple[Fact, ...]:
    """Facts of a JSON report: our own draft (``findings``, see ``ml.contracts.events.Finding``), or
    an object with ``facts``, each ``{structure, side, finding, present}``.

    Of our own drafts a finding within its reference counts as absent, one outside as present; a
    bare measurement states no fact.

    Raises:
        CaseRefused: no JSON of either kind.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        stated = content.get("facts")
        if stated is not None:
            return tuple(_stated(item) for item in stated)
        drafted = (_drafted(item) for item in content["findings"])
        return tuple(fact for fact in drafted if fact is not None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseRefused(path.name, "no report with `findings` or `facts`") from error


def _stated(item: dict[str, Any]) -> Fact:
    if not isinstance(item["present"], bool):
        raise TypeError("present is true or false")
    return Fact(
        _plain(item["structure"]), _plain(item.get("side") or ""), _plain(item["finding"]),
        item["present"],
    )  # fmt: skip


def _drafted(item: dict[str, Any]) -> Fact | None:
    if item["status"] == "measured":
        return None
    side = _plain(item.get("side") or "")
    structure = _plain(item["structure"])
    for word in SIDES:
        structure = structure.removeprefix(f"{word} ")
    return Fact(structure, side, _plain(item["concept"]), item["status"] == "abnormal")


def _plain(text: str) -> str:
    return " ".join(str(text).lower().split())


class Agreement(NamedTuple):
    """How the facts of two reports fall: ``hits`` agree in everything; of the others, ``negated``
    differ in presence alone and ``sided`` in side alone (these are misses and false ones too)."""

    hits: Counter[Fact]
    misses: Counter[Fact]
    false: Counter[Fact]
    negated: int
    sided: int


def compare_facts(pred: Iterable[Fact], ref: Iterable[Fact]) -> Agreement:
    """Match facts one to one: equal ones first; of those left, each is held against one of the
    same structure and finding that differs in presence alone, then in side alone."""
    predicted, true = Counter(pred), Counter(ref)
    hits = predicted & true
    false, misses = predicted - hits, true - hits
    open_false, open_misses = Counter(false), Counter(misses)
    negated = sided = 0
    for fact in list(open_misses.elements()):
        turned = fact._replace(present=not fact.present)
        if open_false[turned] > 0:
            open_false[turned] -= 1
            open_misses[fact] -= 1
            negated += 1
    for fact in open_misses.elements():
        if fact.side not in SIDES:
            continue
        other = fact._replace(side=SIDES[1 - SIDES.index(fact.side)])
        if open_false[other] > 0:
            open_false[other] -= 1
            sided += 1
    return Agreement(hits, misses, false, negated, sided)
