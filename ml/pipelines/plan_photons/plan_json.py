"""plan.json: everything about a plan that a page shows."""

from __future__ import annotations

import math
from importlib import metadata
from typing import Any

from ml.pipelines.plan_photons.case import Case
from ml.pipelines.plan_photons.doses import Doses
from ml.pipelines.plan_photons.review import Review
from ml.planning import indices
from ml.planning.checks import Check
from ml.planning.dvh import Dvh, curve, value
from ml.planning.engine import densities
from ml.planning.limits import Limit, as_json
from ml.planning.metrics import metric
from ml.planning.templates import Template

FORMAT, VERSION = "synoptic-plan", 1
# Conformity and gradient are taken at the isodose that ICRU 83 asks for.
ISODOSE_PERCENT = 95.0
_SOFTWARE = {"pyradplan": "pyRadPlan", "pymedphys": "pymedphys", "numpy": "numpy", "scipy": "scipy"}


def plan_json(
    case: Case, doses: Doses, found: Review, template: Template, limits: dict[str, Limit]
) -> dict[str, Any]:
    """The content of plan.json; figures that are not numbers are null."""
    source = case.source.source
    grid = doses.on_grid["plan"]
    return {
        "format": FORMAT,
        "format_version": VERSION,
        "template": template.raw,
        "limits": as_json(limits),
        "image": {
            "series_uid": source.series_uid if source else "",
            "synthetic": bool(source and source.synthetic),
        },
        "frame_of_reference_uid": (source.frame_of_reference_uid or "") if source else "",
        "dose_grid": {
            "shape": list(grid.shape),
            "spacing_mm": [round(v, 6) for v in grid.spacing],
            "origin_lps": [round(float(v), 6) for v in grid.affine[:3, 3]],
        },
        "beams": _beams(doses),
        "objective": [
            {"iteration": step, "value": round(objective, 6)}
            for step, objective in doses.fluence.history
        ],
        "structures": _structures(case),
        "dvh": _curves(doses),
        "indices": _indices(case, doses, template),
        "constraints": _constraints(doses, template),
        "gamma": [
            {
                "against": kind,
                "dose_percent": item.dose_percent,
                "distance_mm": item.distance_mm,
                "cutoff_percent": item.cutoff_percent,
                "pass_percent": round(item.pass_percent, 3),
                "mean": round(item.mean, 4),
            }
            for kind, item in found.gammas.items()
        ],
        "hu_error": None
        if found.hu_error is None
        else {
            "mae": _figure(found.hu_error.mae),
            "bias_soft": _figure(found.hu_error.bias_soft),
            "bias_bone": _figure(found.hu_error.bias_bone),
        },
        "checks": [check_json(check) for check in found.checks],
        "warnings": [{"code": item.code, "text": item.text} for item in case.warned],
        "densities": [{"hu": hu, "relative_to_water": density} for hu, density in densities()],
        "software": {name: metadata.version(package) for name, package in _SOFTWARE.items()},
    }


def check_json(check: Check) -> dict[str, Any]:
    """One check as the page and the report read it."""
    verdict = check.verdict
    return {
        "number": check.number,
        "key": check.key,
        "title": check.title,
        "status": verdict.status,
        "figure": _figure(verdict.figure),
        "unit": verdict.unit,
        "limit": verdict.limit,
        "text": verdict.text,
        "picture": check.picture,
    }


def _figure(number: float | None, digits: int = 3) -> float | None:
    return None if number is None or not math.isfinite(number) else round(number, digits)


def _beams(doses: Doses) -> list[dict[str, Any]]:
    return [
        {
            "number": beam.number,
            "name": beam.name,
            "gantry_deg": beam.gantry_deg,
            "couch_deg": beam.couch_deg,
            "isocentre_lps": [round(v, 3) for v in beam.isocentre_lps],
            "bixels": beam.bixels,
            "weight": round(beam.weight, 6),
        }
        for beam in doses.fluence.beams
    ]


def _structures(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name,
            "role": item.role,
            "volume_ml": round(float(item.mask.sum()) * case.source.voxel_ml, 2),
            "colour": list(item.colour),
            "truncated": item.truncated,
        }
        for item in case.structures
    ]


def _curves(doses: Doses) -> list[dict[str, Any]]:
    rows = []
    for name, kinds in doses.curves.items():
        for kind, histogram in kinds.items():
            dose, volume = curve(histogram)
            rows.append(
                {"structure": name, "dose": kind, "dose_gy": dose, "volume_percent": volume}
            )
    return rows


def _indices(case: Case, doses: Doses, template: Template) -> list[dict[str, Any]]:
    rows = []
    for item in case.structures:
        kinds = doses.curves.get(item.name)
        if kinds is None:
            continue
        names = dict.fromkeys(
            indices.TARGET_FIGURES if item.role == "target" else indices.ORGAN_FIGURES
        )
        names |= {c.metric.name: None for c in template.constraints if c.structure == item.name}
        for name in names:
            figure = metric(name)
            rows.append(
                {"structure": item.name, "metric": name, "unit": figure.unit}
                | {k: _figure(value(h, figure, template.prescription_gy)) for k, h in kinds.items()}
            )
        if item.name == template.normalise.structure:
            rows += _quality(item.name, case, doses, kinds, template)
    return rows


def _quality(
    name: str, case: Case, doses: Doses, kinds: dict[str, Dvh], template: Template
) -> list[dict[str, Any]]:
    """Conformity, homogeneity and gradient of the target that the plan is normalised to."""
    isodose = template.prescription_gy * ISODOSE_PERCENT / 100
    shares = case.shares[name]
    figures = {
        "CI": {k: indices.conformity(doses.fine[k], shares, isodose) for k in kinds},
        "HI": {k: indices.homogeneity(kinds[k]) for k in kinds},
        "GI": {k: indices.gradient(doses.fine[k], isodose) for k in kinds},
    }
    return [
        {"structure": name, "metric": key, "unit": ""} | {k: _figure(v) for k, v in row.items()}
        for key, row in figures.items()
    ]


def _constraints(doses: Doses, template: Template) -> list[dict[str, Any]]:
    rows = []
    for item in template.constraints:
        found = value(doses.curves[item.structure]["plan"], item.metric, template.prescription_gy)
        rows.append(
            {
                "structure": item.structure,
                "metric": item.metric.name,
                "limit": item.text,
                "value": _figure(found),
                "status": "pass" if item.holds(found) else "fail",
            }
        )
    return rows
