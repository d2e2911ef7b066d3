"""What the gate holds back: each fault in its grades, on simulated heads of people that nothing
was fitted on and on real heads, beside the distance alone and chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml.imaging.volume import Volume
from ml.models.input_gate.gate import FALSE_ALARMS, InputGate
from ml.models.input_gate.sight import Sight
from ml.simulate.anatomy import Anatomy
from ml.simulate.draw import Draw
from ml.training.input_gate.examples import kept, sights
from ml.training.input_gate.real import USUAL, RealImage, real_images
from ml.training.input_gate.shifts import SHIFTS, Shift

TEST_HEADS, SHIFTED_HEADS = 200, 20
_REAL_SEED = 31_000
Figures = dict[str, float | int | list[float] | bool]


def wilson(hits: int, count: int) -> list[float]:
    """95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22:209, 1927)."""
    z = 1.959964
    share, square = hits / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return [round(max(0.0, middle - half), 3), round(min(1.0, middle + half), 3)]


def auc(usual: Sequence[float], faulty: Sequence[float]) -> float:
    """Chance that a faulty image scores above a usual one; ties count half."""
    first, second = np.asarray(usual)[None], np.asarray(faulty)[:, None]
    return round(float((second > first).mean() + 0.5 * (second == first).mean()), 3)


def figures(usual: Sequence[float], scores: Sequence[float], limit: float = 1.0) -> Figures:
    held = sum(score > limit for score in scores)
    return {
        "images": len(scores),
        "held_back": held,
        "share": round(held / len(scores), 3),
        "wilson_95": wilson(held, len(scores)),
        "auc": auc(usual, scores),
        "median_score": round(float(np.median(scores)), 2),
    }


def table_row(name: str, data: str, row: Mapping[str, Any]) -> str:
    """A line of the table in the gate's README."""
    low, high = (f"{100 * end:.0f}" for end in row["wilson_95"])
    alone = row["distance_alone"]
    return (
        f"| {name} | {data}, {row['images']} | {100 * row['share']:.1f} % ({low} to {high}) "
        f"| {row['auc']:.2f} | {100 * alone['share']:.0f} %, {alone['auc']:.2f} |"
    )


def simulated(
    gate: InputGate, anatomies: Sequence[Anatomy], cache: Path, calibration: Sequence[Sight],
    seed: int,
) -> dict[str, object]:  # fmt: skip
    """Figures per fault; ``distance_alone`` has a limit of its own at 1 % on ``calibration``."""
    changes = {shift.name: shift.change for shift in SHIFTS}
    usual = [
        found["usual"]
        for found in sights(anatomies, cache, {"usual": None}, count=TEST_HEADS, seed=seed)
    ]
    heads = list(sights(anatomies, cache, changes, count=SHIFTED_HEADS, seed=seed))
    groups = {name: [head[name] for head in heads] for name in changes}
    limit = _distance_limit(gate, calibration)
    return {
        "usual": _both(gate, limit, usual, usual),
        **{name.strip(): _both(gate, limit, usual, seen) for name, seen in groups.items()},
    }


def _distance_limit(gate: InputGate, calibration: Sequence[Sight]) -> float:
    said = [gate.usual.distance(sight.features) for sight in calibration]
    return float(np.quantile(said, 1 - FALSE_ALARMS, method="higher"))


def _both(
    gate: InputGate, limit: float, usual: Sequence[Sight], seen: Sequence[Sight]
) -> dict[str, object]:
    def score(sight: Sight) -> float:
        return gate.judge(sight).score

    def alone(sight: Sight) -> float:
        return gate.usual.distance(sight.features) / limit

    whole = figures([score(s) for s in usual], [score(s) for s in seen])
    near = figures([alone(s) for s in usual], [alone(s) for s in seen])
    return {
        **whole,
        "loudest": _loudest(gate, seen),
        "distance_alone": {"share": near["share"], "auc": near["auc"]},
    }


def _loudest(gate: InputGate, seen: Sequence[Sight]) -> dict[str, int]:
    """How often each judge had the last word on an image that was held back."""
    counted: dict[str, int] = {}
    for sight in seen:
        places = gate.places(sight)
        judge = max(places, key=lambda name: places[name])
        if places[judge] > 1.0:
            counted[judge] = counted.get(judge, 0) + 1
    return counted


def real(
    gate: InputGate, folder: Path | None, cache: Path, calibration: Sequence[Sight]
) -> dict[str, object]:
    """Real heads one by one, the faults applied to them, and images that are no head."""
    images = list(real_images(folder))
    heads = [image for image in images if image.kind == USUAL]
    seen = {image: kept(cache, ("real", image.name, image.kind), image.read) for image in images}
    usual = [seen[image] for image in heads]
    limit = _distance_limit(gate, calibration)
    one_by_one = {image.name: {"score": round(gate.judge(seen[image]).score, 3)} for image in heads}
    groups = {
        shift.name.strip(): [
            kept(cache, ("real", image.name, shift.name), partial(_changed, shift, image, number))
            for number, image in enumerate(heads)
        ]
        for shift in SHIFTS
    }
    for image in images:
        if image.kind != USUAL:
            groups.setdefault(image.kind, []).append(seen[image])
    return {
        "usual": {**_both(gate, limit, usual, usual), "one_by_one": one_by_one},
        **{name: _both(gate, limit, usual, group) for name, group in groups.items()},
    }


def _changed(shift: Shift, image: RealImage, number: int) -> Volume:
    return shift.change(Draw(_REAL_SEED + number), image.read())
