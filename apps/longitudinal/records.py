"""How often each version of a model was right on this site's patients."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import NormalDist, median
from typing import Any, Final

from django.db.models import Count

from apps.longitudinal.models import Prediction, PredictionScore

POINTS_MAX: Final = 500
NOMINAL: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
WILSON_Z: Final = NormalDist().inv_cdf(0.975)
Key = tuple[str, str, str, str]
KEY: Final = ("job__pipeline", "pipeline_version", "model_version", "model_sha256")


def records_of(pipeline: str = "") -> list[dict[str, Any]]:
    """The track record of every version that has made predictions, the newest first."""
    made = Prediction.objects.filter(content__isnull=False)
    if pipeline:
        made = made.filter(job__pipeline=pipeline)
    versions = made.order_by().values_list(*KEY).annotate(count=Count("pk"))
    scores = _scores(pipeline)
    rows = [_record(tuple(key), count, scores[tuple(key)]) for *key, count in versions]
    return sorted(rows, key=lambda row: _version(row["version"]), reverse=True)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _scores(pipeline: str) -> dict[Key, list[dict[str, Any]]]:
    """What was scored, by version, the newest first."""
    rows = PredictionScore.objects.filter(content__isnull=False)
    if pipeline:
        rows = rows.filter(prediction__job__pipeline=pipeline)
    names = [f"prediction__{name}" for name in KEY]
    found: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    wanted = ("content", "prediction__content__interval", "prediction__person")
    for row in rows.order_by("-created_at", "-id").values(*names, *wanted):
        key: Key = (row[names[0]], row[names[1]], row[names[2]], row[names[3]])
        score = {**row["content"], "interval": row["prediction__content__interval"]}
        found[key].append({**score, "person": row["prediction__person"]})
    return found


def _record(key: Sequence[str], predictions: int, scores: list[dict[str, Any]]) -> dict[str, Any]:
    usable = [score for score in scores if _usable(score)]
    n = len(usable)
    inside = [inside_of(score) for score in usable]
    low, high = wilson(sum(inside), n)
    better = [score["beats_carry_forward"] for score in usable]
    told = [flag for flag in better if flag is not None]
    return {
        **dict(zip(("pipeline", "version", "model_version", "model_sha256"), key, strict=True)),
        "predictions": predictions,
        "patients": len({score["person"] for score in usable}),
        "n": n,
        "not_comparable": len(scores) - n,
        "interval": usable[0]["interval"] if usable else None,
        "coverage": sum(inside) / n if n else None,
        "coverage_low": low,
        "coverage_high": high,
        "bias_ml": _median(score["actual_ml"] - score["predicted_ml"] for score in usable),
        "bias_percent": _median(
            100 * (score["actual_ml"] - score["predicted_ml"]) / score["actual_ml"]
            for score in usable
            if score["actual_ml"] > 0
        ),
        "beats_carry_forward": sum(told) / len(told) if told else None,
        "median_delta_rmae": _median(_given(usable, "delta_rmae")),
        "median_dice": _median(_given(usable, "dice")),
        "calibration": calibration(usable),
        "points": [_point(score) for score in usable[:POINTS_MAX]],
    }


def _usable(score: dict[str, Any]) -> bool:
    volumes = ("actual_ml", "predicted_ml", "lower_ml", "upper_ml")
    return bool(score["comparable"]) and all(score.get(name) is not None for name in volumes)


def _given(scores: list[dict[str, Any]], name: str) -> list[float]:
    return [score[name] for score in scores if score.get(name) is not None]


def _median(values: Any) -> float | None:
    found = list(values)
    return float(median(found)) if found else None


def inside_of(score: dict[str, Any]) -> bool:
    return bool(score["lower_ml"] <= score["actual_ml"] <= score["upper_ml"])


def _point(score: dict[str, Any]) -> dict[str, Any]:
    names = ("predicted_ml", "lower_ml", "upper_ml", "actual_ml")
    shown = {name: score[name] for name in names}
    return {**shown, "days": score.get("days_actual"), "inside": inside_of(score)}


def wilson(hits: int, n: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a share (Wilson, JASA 22:209, 1927)."""
    if n == 0:
        return None, None
    z2 = WILSON_Z**2
    centre = (hits + z2 / 2) / (n + z2)
    half = WILSON_Z / (n + z2) * math.sqrt(hits * (n - hits) / n + z2 / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def calibration(scores: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Nominal share against observed share. One interval is predicted; the others are read off it,
    each side of the median taken as half of a normal distribution."""
    if not scores:
        return []
    predicted = {round(score["interval"], 6) for score in scores}
    levels = sorted({*NOMINAL, *predicted})
    needed = [_needed_level(score) for score in scores]
    return [
        {
            "nominal": level,
            "observed": sum(need <= level + 1e-9 for need in needed) / len(needed),
            "n": len(needed),
            "direct": predicted == {level},
        }
        for level in levels
    ]


def _needed_level(score: dict[str, Any]) -> float:
    """The level of the narrowest interval that holds the actual volume; above 1 for none."""
    actual, middle = score["actual_ml"], score["predicted_ml"]
    bound = score["upper_ml"] if actual >= middle else score["lower_ml"]
    if actual == middle:
        return 0.0
    if (bound - middle) * (actual - middle) <= 0:
        return 2.0
    z = NormalDist().inv_cdf(0.5 + score["interval"] / 2)
    return 2 * NormalDist().cdf(z * abs(actual - middle) / abs(bound - middle)) - 1
