"""The content of a plan.json, as a plan on a synthetic CT with a reference writes it."""

from __future__ import annotations

from typing import Any

import numpy as np

_TITLES = (
    ("input_sequence", "Sequence on the whitelist, field of view", "pass", None, "", ""),
    ("gate", "Out-of-distribution score", "pass", 0.41, "", "≤ 0.8 (fail > 1)"),
    ("look", "Side by side and blended", "not_applicable", None, "", ""),
    ("contour", "External contour against MR", "warn", 2.31, "%", "≤ 2 % (fail > 5 %)"),
    ("tissue", "HU of soft tissue, bone and air", "pass", -4.2, "HU", "± 20 HU (fail 40 HU)"),
    ("bulk", "Independent bulk-density CT", "pass", 0.8, "%", "≤ 2 % (fail > 4 %)"),
    ("reference", "Recalculation on the CT", "fail", 93.2, "%", "≥ 98 % (fail < 95 %)"),
    ("band", "Dose band from the uncertainty", "pass", 1.4, "%", "≤ 3 % (fail > 5 %)"),
)


def _curve(structure: str, dose: str, centre: float, width: float) -> dict[str, Any]:
    gy = np.linspace(0, 60, 121)
    volume = 100 / (1 + np.exp((gy - centre) / width))
    return {
        "structure": structure,
        "dose": dose,
        "dose_gy": [round(float(v), 2) for v in gy],
        "volume_percent": [round(float(v), 2) for v in volume],
    }


def plan_json() -> dict[str, Any]:
    shifts = {"plan": 0.0, "reference": -0.4, "lower": -1.5, "upper": 1.5}
    curves = []
    for structure, centre, width in (("PTV", 50.0, 0.9), ("BODY", 6.0, 5.0), ("BONE", 24.0, 6.0)):
        curves += [_curve(structure, dose, centre + shift, width) for dose, shift in shifts.items()]
    return {
        "format": "synoptic-plan",
        "format_version": 1,
        "template": {
            "name": "Extremity sarcoma 50 Gy",
            "site": "extremity",
            "prescription_gy": 50.0,
            "fractions": 25,
            "target": "GTV",
            "machine": "Generic photon 6 MV",
        },
        "image": {"series_uid": "1.2.3", "synthetic": True},
        "dose_grid": {"shape": [40, 50, 60], "spacing_mm": [4.0, 4.0, 4.0]},
        "beams": [
            {"number": n + 1, "name": f"B{n + 1}", "gantry_deg": 72 * n, "couch_deg": 0,
             "bixels": 120 + n, "weight": 0.2}
            for n in range(5)
        ],
        "objective": [{"iteration": i, "value": 12.3 / (i + 1)} for i in range(40)],
        "structures": [
            {"name": "PTV", "role": "target", "volume_ml": 410.3, "colour": [255, 0, 0],
             "truncated": False},
            {"name": "BODY", "role": "external", "volume_ml": 4210.3, "colour": [0, 160, 0],
             "truncated": True},
            {"name": "BONE", "role": "organ", "volume_ml": 310.0, "colour": [60, 90, 220],
             "truncated": True},
        ],
        "dvh": curves,
        "indices": [
            {"structure": s, "metric": m, "unit": "Gy", "plan": v, "reference": v - 0.4,
             "bulk": v - 0.1, "lower": v - 1.5, "upper": v + 1.5}
            for s, m, v in (("PTV", "D95", 47.9), ("PTV", "D50", 50.0), ("PTV", "D2", 52.7),
                            ("PTV", "Dmean", 49.9), ("BODY", "D2cc", 53.4), ("BONE", "Dmean", 24.1))
        ],
        "constraints": [
            {"structure": "PTV", "metric": "D95", "limit": "≥ 47.5 Gy", "value": 47.9,
             "status": "pass"},
            {"structure": "BODY", "metric": "D2cc", "limit": "≤ 52.5 Gy", "value": 53.4,
             "status": "fail"},
        ],
        "gamma": [
            {"against": "reference", "dose_percent": 2, "distance_mm": 2, "cutoff_percent": 10,
             "pass_percent": 93.2, "mean": 0.41},
            {"against": "bulk", "dose_percent": 2, "distance_mm": 2, "cutoff_percent": 10,
             "pass_percent": 99.1, "mean": 0.21},
        ],
        "hu_error": {"mae": 44.1, "bias_soft": 3.0, "bias_bone": -60.0},
        "checks": [
            {"number": number, "key": key, "title": title, "status": status, "figure": figure,
             "unit": unit, "limit": limit,
             "text": f"What was found for <{title.lower()}> & what it means for the plan.",
             "picture": "picture-contour" if key == "contour" else None}
            for number, (key, title, status, figure, unit, limit) in enumerate(_TITLES, start=1)
        ],
        "warnings": [
            {"code": "truncated", "text": "The image cuts the body off at the left."},
        ],
        "software": {"pyradplan": "0.5.0"},
    }  # fmt: skip
