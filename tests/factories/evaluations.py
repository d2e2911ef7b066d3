"""Small evaluations, by default of five subjects; the figures are means of what is given."""

from __future__ import annotations

from typing import Any, cast

from ml.contracts.evaluation import SCHEMA, EvaluationResult

DICE = (0.8, 0.82, 0.79, 0.81, 0.83)
SCANNERS = ("A", "B", "A", "B", "A")
HIDDEN_NAME = "sub-Doe^Jane"


def evaluation_make(
    *,
    task: str = "segmentation",
    data_sha256: str = "a" * 64,
    data_kind: str = "simulated",
    prediction: str = "model",
    metric: str = "dice",
    dice: Any = DICE,
    complete: bool = True,
) -> EvaluationResult:
    """Of metric over a structure ``x`` and a volume error, all subjects and one subgroup."""
    data = {"name": "heads", "sha256": data_sha256}
    values = list(dice)
    of_a = [v for v, scanner in zip(values, SCANNERS, strict=True) if scanner == "A"]

    def row(name: str, unit: str, direction: str, group: str, of: list[float]) -> dict[str, Any]:
        mean = round(sum(of) / len(of), 6)
        return {
            "tier": "task",
            "metric": name,
            "structure": "x",
            "subgroup": group,
            "value": mean,
            "ci_low": mean - 0.01,
            "ci_high": mean + 0.01,
            "ci_level": 0.95,
            "ci_method": "bootstrap by subject, BCa",
            "n_subjects": len(of),
            "unit": unit,
            "direction": direction,
            "data": data,
            "floor": {"value": 0.95, "source": "truth at 1.5 mm"},
            "baseline": {"value": None, "source": "not given"},
            "command": "python -m ml evaluate segmentation --pred model --ref heads --out out",
        }

    problems = [] if complete else [{"file": f"{HIDDEN_NAME}.nii.gz", "reason": "no reference"}]
    found = {
        "schema": SCHEMA,
        "task": task,
        "created": "2026-11-20T10:00:00+00:00",
        "command": "python -m ml evaluate segmentation --pred model --ref heads --out out",
        "complete": complete,
        "problems": problems,
        "data": data,
        "data_kind": data_kind,
        "prediction": {"name": prediction, "sha256": "b" * 64},
        "settings": {"resamples": "2000"},
        "networks": [],
        "software": {"numpy": "2.4.6"},
        "seed": 0,
        "rows": [
            row(metric, "1", "higher", "all", values),
            row("volume_error", "ml", "zero", "all", values),
            row(metric, "1", "higher", "scanner=A", of_a),
        ],
        "subjects": [
            {
                "subject": f"{HIDDEN_NAME}-{number}",
                "attributes": {"scanner": scanner},
                "values": {f"{metric}/x": [value], "volume_error/x": [value]},
            }
            for number, (value, scanner) in enumerate(zip(values, SCANNERS, strict=True))
        ],
    }
    return cast("EvaluationResult", found)
