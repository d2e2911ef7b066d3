"""What is known of a head, in the form that a report's sentences are checked against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ml.dicom.files import read_object
from ml.imaging.volume import Volume
from ml.pipelines.draft_report.findings import Judged
from ml.pipelines.draft_report.measurements import Measurements
from ml.pipelines.draft_report.references import REFERENCES
from ml.reporting.facts import Facts, FindingFact, Gate, MeasurementFact, facts_of

# Regions of both sides go by the name of one.
_SINGULAR = {
    "lateral_ventricles": "lateral_ventricle",
    "hippocampi": "hippocampus",
    "thalami": "thalamus",
}


def _parts(key: str) -> tuple[str, str, str]:
    """Structure, side and aspect of a measurement's id."""
    region, _, aspect = key.partition(".")
    side = next((word for word in ("left", "right") if region.startswith(f"{word}_")), "")
    structure = region.removeprefix(f"{side}_") if side else region
    return _SINGULAR.get(structure, structure), side, aspect


def draft_facts(
    measured: Measurements,
    judged: Iterable[Judged],
    *,
    midline_x_mm: float | None = None,
    contrast: bool | None = None,
    gate: Gate | None = None,
) -> Facts:
    """The facts of a draft, without any text of a header.

    Sequences and views stay unknown: a run sees one series and the study may hold others.
    """
    measurements = {key: _measurement(measured, key) for key in measured.by_id}
    findings = [_finding(item) for item in judged if item.rule.judged is not None]
    return facts_of(
        {
            "measurements": measurements,
            "findings": findings,
            "midline_x_mm": midline_x_mm,
            "acquired": {"modality": "MR", "contrast": contrast},
            "gate": gate,
        }
    )


def _measurement(measured: Measurements, key: str) -> MeasurementFact:
    structure, side, aspect = _parts(key)
    number = measured[key]
    fact: MeasurementFact = {
        "structure": structure,
        "side": side,
        "aspect": aspect,
        "value": round(number.value, number.digits),
        "unit": number.unit,
        "text": number.text,
    }
    if key in REFERENCES:
        fact["reference"] = REFERENCES[key].text(number)
    return fact


def _finding(item: Judged) -> FindingFact:
    structure, side, aspect = _parts(item.rule.judged or "")
    found = item.finding["side"]
    return {
        "id": item.rule.id,
        "structure": structure,
        "side": found if not side and found in ("left", "right") else side,
        "aspect": aspect,
        "status": item.status,
        "told": item.rule.told,
    }


def gate_fact(noted: Mapping[str, Any] | None) -> Gate | None:
    """The gate's verdict as the run noted it, without the person's reason."""
    if noted is None:
        return None
    return {
        "passed": bool(noted["accepted"]),
        "overridden": bool(noted["override_reason"]),
        "score": float(noted["score"]),
        "limit": 1.0,
    }


def midline_x(labels: Volume) -> float | None:
    """LPS x in mm of the middle of what is labelled; None for an empty map."""
    mask = labels.array != 0
    if not mask.any():
        return None
    middle = []
    for axis in range(3):
        along = mask.sum(axis=tuple(other for other in range(3) if other != axis))
        middle.append(float(np.average(np.arange(len(along)), weights=along)))
    z, y, x = middle
    return round(float(labels.point_lps((z, y, x))[0]), 1)


def contrast_given(image: Volume) -> bool | None:
    """True where the header names an agent. An empty field proves nothing: None. The agent's name
    goes nowhere."""
    if image.source is None or not image.source.files:
        return None
    header = read_object(image.source.files[0], pixels=False)
    agent = str(header.get("ContrastBolusAgent") or "").strip().lower()
    return True if agent and agent not in ("no", "none", "without") else None
