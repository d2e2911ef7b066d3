"""A pipeline's model card in the layout of the CHAI Applied Model Card, from one source of truth:
the sections of its ``README.md``, its manifest and its metrics files.

The README has the sections of the card as ``## BasicInfo`` and so on. Within a section a heading
``### HowToUse`` fills the field of that name; what stands before the first such heading fills the
section's main field. A field that nothing fills says "not stated".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from ml.contracts.card import LAYOUT, NOT_STATED, PILLARS, ChaiCard, Figure
from ml.contracts.manifest import InputSpec, Manifest

# The fields of the schema in its order, and which of them a section's own text fills. KeyMetrics
# has the same fields for each of its three pillars.
FIELDS: dict[str, tuple[str, ...]] = {
    "BasicInfo": ("ModelName", "ModelDeveloper", "DeveloperContact"),
    "ReleaseInfo": ("ReleaseStage", "ReleaseDate", "ReleaseVersion", "GlobalAvailability"),
    "ModelSummary": ("Summary", "Keywords"),
    "UsesAndDirections": (
        "IntendedUseAndWorkflow",
        "PrimaryIntendedUsers",
        "HowToUse",
        "TargetedPatientPopulation",
        "CautionedOutOfScopeSettings",
    ),
    "Warnings": (
        "KnownRisksAndLimitations",
        "KnownBiasesOrEthicalConsiderations",
        "ClinicalRiskLevel",
    ),
    "TrustIngredients": ("AISystemFacts", "TransparencyInformation"),
    "Resources": (
        "EvaluationReferences",
        "PeerReviewedPublications",
        "PatientConsentOrDisclosure",
    ),
}
SYSTEM_FACTS = (
    "OutcomesAndOutputs",
    "ModelType",
    "InputDataSource",
    "OutputAndInputDataTypes",
    "DevelopmentDataCharacterization",
    "BiasMitigationApproaches",
    "OngoingMaintenance",
)
TRANSPARENCY = ("FundingSource", "StakeholdersConsulted")
METRIC_FIELDS = (
    "MetricGoal",
    "Interpretation",
    "TestType",
    "TestingDataDescription",
    "ValidationProcessAndJustification",
)
_MAIN = {
    "ReleaseInfo": "ReleaseStage",
    "UsesAndDirections": "HowToUse",
    "Warnings": "KnownRisksAndLimitations",
    "TrustIngredients": "DevelopmentDataCharacterization",
    "Resources": "EvaluationReferences",
}
_HEADING = re.compile(r"^(#{2,3})\s+(\w+)\s*$")
_DEVELOPER = re.compile(r"\bDeveloper: ([^.\n]+)\.")


def sections(markdown: str) -> dict[str, dict[str, str]]:
    """Text by section and field; the text before a section's first field is under ``""``."""
    found: dict[str, dict[str, list[str]]] = {}
    fields: dict[str, list[str]] = {}
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        level, name = heading.groups()
        if level == "##":
            fields = found.setdefault(name, {})
        lines = fields.setdefault("" if level == "##" else name, [])
    return {
        section: {field: text for field, rows in those.items() if (text := "\n".join(rows).strip())}
        for section, those in found.items()
    }


def chai_card(manifest: Manifest, markdown: str, figures: Iterable[Figure]) -> ChaiCard:
    """The card as data.

    Args:
        manifest: of the pipeline.
        markdown: its ``README.md``; may be empty.
        figures: the results of the three pillars.
    """
    stated = sections(markdown)
    known = _known(manifest, stated.get("BasicInfo", {}).get("", ""))
    card: dict[str, Any] = {}
    for section, names in FIELDS.items():
        texts = stated.get(section, {})
        main = {_MAIN[section]: texts[""]} if section in _MAIN and "" in texts else {}
        if section == "ModelSummary":
            main = {"Summary": "\n\n".join([manifest.summary, *texts.values()])}
        given = {**known.get(section, {}), **main, **texts}
        if section == "TrustIngredients":
            card[section] = {
                "AISystemFacts": _filled(SYSTEM_FACTS, given),
                "TransparencyInformation": _filled(TRANSPARENCY, given),
            }
            card["KeyMetrics"] = _pillars(stated.get("KeyMetrics", {}), list(figures))
        else:
            card[section] = _filled(names, given)
    card["ModelSummary"]["Keywords"] = _keywords(manifest)
    card["Bibliography"] = stated.get("Bibliography", {}).get("", NOT_STATED)
    return {"layout": LAYOUT, "AppliedModelCard": card}


def with_figures(card: ChaiCard, figures: Iterable[Figure]) -> ChaiCard:
    """A copy of a card with further figures after its own."""
    body = deepcopy(card["AppliedModelCard"])
    for figure in figures:
        pillar = body["KeyMetrics"][PILLARS[figure.pillar]]
        own = pillar["Results"] if isinstance(pillar["Results"], list) else []
        pillar["Results"] = [*own, _result(figure)]
    return {"layout": card["layout"], "AppliedModelCard": body}


def _filled(names: Iterable[str], given: dict[str, str]) -> dict[str, Any]:
    return {name: given.get(name) or NOT_STATED for name in names}


def _known(manifest: Manifest, basics: str) -> dict[str, dict[str, str]]:
    """What the manifest says; of the text under BasicInfo, who the developer is."""
    developer = _DEVELOPER.search(basics)
    outputs = "; ".join(f"{spec.title} ({spec.kind})" for spec in manifest.outputs)
    inputs = "\n".join(_input_told(spec) for spec in manifest.inputs)
    return {
        "BasicInfo": {
            "ModelName": f"{manifest.title} ({manifest.name})",
            "ModelDeveloper": developer[1] if developer else "",
        },
        "ReleaseInfo": {"ReleaseVersion": manifest.version},
        "UsesAndDirections": {
            "IntendedUseAndWorkflow": manifest.intended_use,
            "CautionedOutOfScopeSettings": manifest.limitations,
        },
        "Warnings": {"KnownRisksAndLimitations": manifest.limitations},
        "TrustIngredients": {
            "OutcomesAndOutputs": outputs,
            "OutputAndInputDataTypes": f"Input: {inputs}\nOutput: {outputs}",
        },
    }


def _input_told(spec: InputSpec) -> str:
    bounds = [
        ", ".join(spec.modalities),
        ", ".join(spec.body_parts),
        f"{spec.min_slices} to {spec.max_slices} slices",
        "" if spec.max_spacing_mm is None else f"voxels up to {spec.max_spacing_mm:g} mm",
        "" if spec.min_extent_mm is None else f"at least {spec.min_extent_mm:g} mm wide",
        "" if spec.required else "optional",
    ]
    return f"{spec.title} ({'; '.join(bound for bound in bounds if bound)})"


def _keywords(manifest: Manifest) -> list[str]:
    words = [*(m for spec in manifest.inputs for m in (*spec.modalities, *spec.body_parts))]
    return list(dict.fromkeys([*words, *(spec.kind for spec in manifest.outputs)]))


def _pillars(texts: dict[str, str], figures: list[Figure]) -> dict[str, Any]:
    """The section's own text speaks of usefulness; the other pillars have it by heading only,
    ``### FairnessEquity``."""
    pillars: dict[str, Any] = {}
    for pillar, name in PILLARS.items():
        own = texts.get(name) or (texts.get("", "") if pillar == "usefulness" else "")
        results = [_result(figure) for figure in figures if figure.pillar == pillar]
        fields = _filled(METRIC_FIELDS, {"Interpretation": own})
        goal = fields.pop("MetricGoal")
        pillars[name] = {"MetricGoal": goal, "Results": results or NOT_STATED, **fields}
    return pillars


def _result(figure: Figure) -> dict[str, Any]:
    value: dict[str, Any]
    if figure.low is None or figure.high is None:
        value = {"kind": "single", "value": figure.value}
    else:
        ends = {"lower": figure.low, "upper": figure.high, "level": round(figure.level * 100, 6)}
        value = {"kind": "estimate_ci", "estimate": figure.value, **ends}
    return {"Label": figure.label, "Value": {**value, "unit": figure.unit}}
