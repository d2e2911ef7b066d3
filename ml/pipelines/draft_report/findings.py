"""Measurements to findings, and findings to what the sentences have to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from ml.contracts.events import Evidence, Finding
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.measurements import Measurements
from ml.pipelines.draft_report.references import REFERENCES
from ml.pipelines.draft_report.regions import REGIONS
from ml.pipelines.draft_report.rules import RULES, Rule
from ml.pipelines.draft_report.statements import Form, SideWord, Statement, Status

MAX_IMPRESSIONS = 3
_IN_WORDS = {"normal": "within", "low": "below", "high": "above"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A rule with its outcome on one head."""

    rule: Rule
    status: Status
    finding: Finding
    statement: Statement
    excess: float


def _fills(rule: Rule, measured: Measurements) -> dict[str, str]:
    fills = {name: measured[key].text for name, key in rule.slots.items()}
    if rule.judged is not None:
        fills["reference"] = REFERENCES[rule.judged].text(measured[rule.judged])
    return fills


def _slots(rule: Rule) -> dict[str, str]:
    extra = {} if rule.judged is None else {"reference": f"{rule.judged}.reference"}
    return {**rule.slots, **extra}


def _evidence(rule: Rule, measured: Measurements, locator: Locator) -> tuple[Evidence, ...]:
    point = measured[rule.judged].point_lps if rule.judged is not None else None
    if point is not None:
        return (locator.of_point(REGIONS[rule.region], point),)
    if rule.form == "pair":
        names = [key.removesuffix(".volume") for key in rule.slots.values()]
    elif rule.id == "hippocampal_asymmetry":
        names = ["left_hippocampus", "right_hippocampus"]
    else:
        names = [rule.region]
    found = [locator.of_region(REGIONS[name]) for name in names]
    return tuple(evidence for evidence in found if evidence is not None)


def _side(rule: Rule, status: Status, measured: Measurements) -> str | None:
    """The side of a finding: its structure's, or that towards which the midline is shifted."""
    if rule.form == "midline" and status == "high":
        return measured.shift_side
    if rule.form == "asymmetry" and status == "high":
        left, right = (measured[f"{s}_hippocampus.volume"].value for s in ("left", "right"))
        return "left" if left < right else "right"
    return rule.side


def _side_words(rule: Rule, side: str | None) -> frozenset[SideWord]:
    if rule.form == "pair":
        return frozenset({"left", "right"})
    return frozenset({cast("SideWord", side)}) if side in ("left", "right") else frozenset()


def _text(rule: Rule, status: Status, fills: Mapping[str, str]) -> str:
    """The finding in the table's own words."""
    if rule.form == "pair":
        stated = f"left {fills['left']}, right {fills['right']}"
    else:
        share = f", {fills['share']} of the intracranial volume" if "share" in fills else ""
        stated = f"{rule.aspect} {fills['value']}{share}"
    if rule.judged is None:
        return f"{rule.subject}: {stated}"
    return f"{rule.subject}: {stated}, {_IN_WORDS[status]} the {fills['reference']}"


def judge(measured: Measurements, locator: Locator) -> Iterator[Judged]:
    """Each rule whose measurements there are, in the order of the report."""
    for variant, rule in enumerate(RULES):
        if not all(key in measured for key in rule.slots.values()):
            continue
        status: Status = "measured"
        excess = 0.0
        if rule.judged is not None:
            reference = REFERENCES[rule.judged]
            status = cast("Status", reference.judge(measured[rule.judged]))
            excess = reference.excess(measured[rule.judged])
        side = _side(rule, status, measured)
        statement = Statement(
            id=rule.id,
            section="findings",
            form=rule.form,
            status=status,
            subject=rule.subject,
            aspect=rule.aspect,
            plural=rule.plural,
            sides=_side_words(rule, side),
            slots=_slots(rule),
            fills=_fills(rule, measured),
            evidence=_evidence(rule, measured, locator),
            variant=variant,
        )
        finding = _finding(rule, statement, side, measured)
        yield Judged(rule=rule, status=status, finding=finding, statement=statement, excess=excess)


def _finding(rule: Rule, statement: Statement, side: str | None, measured: Measurements) -> Finding:
    status, fills = statement.status, statement.fills
    finding: dict[str, Any] = {
        "id": rule.id,
        "concept": rule.concept,
        "structure": rule.subject,
        "label": REGIONS[rule.region].labels[0],
        "side": side,
        "status": {"normal": "normal", "measured": "measured"}.get(status, "abnormal"),
        "text": _text(rule, status, fills),
        "evidence": list(statement.evidence),
    }
    if "value" in rule.slots:
        number = measured[rule.slots["value"]]
        finding |= {"value": round(number.value, number.digits), "unit": number.unit}
    if rule.judged is not None:
        finding["reference"] = f"{fills['reference']} ({REFERENCES[rule.judged].source})"
    return cast("Finding", finding)


def impressions(judged: list[Judged]) -> list[Statement]:
    """One to three statements for the impression: what lies furthest outside its reference, else
    that nothing does."""
    outside = sorted(
        (item for item in judged if item.status in ("low", "high") and item.rule.told),
        key=lambda item: -item.excess,
    )
    if not outside:
        checked = [item for item in judged if item.rule.judged is not None]
        first: tuple[Evidence, ...] = tuple(e for item in checked for e in item.finding["evidence"])
        return [
            Statement(
                id="impression.summary",
                section="impression",
                form="summary",
                status="normal",
                subject="measured structures",
                aspect="reference limits",
                plural=True,
                evidence=first[:MAX_IMPRESSIONS],
            )
        ]
    return [_impression(item) for item in outside[:MAX_IMPRESSIONS]]


def _impression(item: Judged) -> Statement:
    said = item.statement
    form: Form = said.form if said.form in ("asymmetry", "midline") else "impression"
    return replace(said, id=f"impression.{said.id}", section="impression", form=form)
