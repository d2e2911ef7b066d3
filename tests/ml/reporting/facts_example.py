"""One head with a small left hippocampus, as the checks see it."""

from __future__ import annotations

from typing import Any

from ml.reporting.facts import Facts, MeasurementFact, SentenceFact, facts_of


def volume(side: str, value: float, reference: str) -> MeasurementFact:
    return {
        "structure": "hippocampus", "side": side, "aspect": "volume", "value": value,
        "unit": "mL", "text": f"{value} mL", "reference": reference,
    }  # fmt: skip


def facts(**changes: Any) -> Facts:
    known: dict[str, Any] = {
        "measurements": {
            "left_hippocampus.volume": volume("left", 2.01, "reference ≥ 2.58 mL"),
            "right_hippocampus.volume": volume("right", 3.42, "reference ≥ 2.79 mL"),
            "third_ventricle.width": {
                "structure": "third_ventricle", "side": "", "aspect": "width", "value": 6.0,
                "unit": "mm", "text": "6 mm", "reference": "reference ≤ 10 mm",
            },
        },
        "findings": [
            {"id": "left_hippocampus", "structure": "hippocampus", "side": "left",
             "aspect": "volume", "status": "low", "told": True},
            {"id": "right_hippocampus", "structure": "hippocampus", "side": "right",
             "aspect": "volume", "status": "normal", "told": True},
            {"id": "third_ventricle", "structure": "third_ventricle", "side": "",
             "aspect": "width", "status": "normal", "told": True},
        ],
        "midline_x_mm": 0.0,
        "acquired": {"modality": "MR", "sequences": ["T1"], "contrast": False, "views": None},
        "priors": [],
        "gate": {"passed": True, "overridden": False, "score": 0.2, "limit": 1.0},
    }  # fmt: skip
    return facts_of(known | changes)


PRIOR = [{"date": "2024-03-01", "measurements": {"left_hippocampus.volume": 2.51}}]


def sentence(text: str, origin: str = "ai", **more: Any) -> SentenceFact:
    plain: SentenceFact = {
        "text": text, "section": "findings", "origin": origin, "linked": origin == "ai",
        "evidence": [],
    }  # fmt: skip
    return {**plain, **more}  # type: ignore[typeddict-item]
