"""The families side by side, the calibration of the shipped one, and the files that are shipped."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.imaging.volume import Volume
from ml.models.followup.calibration import Calibration, factor_of, middle_and_spread
from ml.models.followup.change import dice
from ml.models.followup.modeling import FollowNet
from ml.models.followup.predictor import Base, base_of
from ml.models.followup.reader import Reading, read_head
from ml.training.followup.baselines import evaluated
from ml.training.followup.evaluate import Predict, Row, figures
from ml.training.followup.pairs import read_case

HALF_YEAR = (120.0, 270.0)
BASELINES = ("carry-forward", "linear", "fisher-kpp")


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over patients (each patient's predictions averaged first). ``ventricle_error`` is a
    share of the change; ``new_dice`` counts days 120..270."""
    half = [row for row in rows if HALF_YEAR[0] <= row["days"] <= HALF_YEAR[1]]
    change = sum(abs(row["ventricle_change"]) for row in rows)
    return {
        "patients": len({row["patient"] for row in rows}),
        "predictions": len(rows),
        "delta_rmae": _mean(rows, "delta_rmae"),
        "new_dice": _mean(half, "new_dice"),
        "dice": _mean(rows, "dice"),
        "hd95": _mean(rows, "hd95"),
        "crps": _mean(rows, "crps"),
        "ventricle_error": round(sum(r["ventricle_error"] for r in rows) / change, 3),
        "psnr": _mean(rows, "psnr"),
        "ssim": _mean(rows, "ssim"),
        **{name: value for of in ("lesion", "ventricle") for name, value in _crossed(rows, of)},
    }


def parts(rows: Sequence[Row], treatments: Sequence[str]) -> dict[str, dict[str, float]]:
    """The change-only figures by treatment and by whether there was a prior."""
    chosen: dict[str, Callable[[Row], bool]] = {
        "with a prior": lambda row: row["prior"],
        "without a prior": lambda row: not row["prior"],
    }
    for index, name in enumerate(treatments):
        chosen[name] = lambda row, index=index: row["treatment"] == index  # type: ignore[misc]
    found = {}
    for name, fits in chosen.items():
        some = [row for row in rows if fits(row)]
        if some:
            found[name] = {key: _mean(some, key) for key in ("delta_rmae", "new_dice", "crps")}
    return found


def calibrated(rows: Sequence[Row]) -> Calibration:
    """Factors from all of ``rows``, a patient counting once."""
    return Calibration(
        lesion=round(factor_of(_scores(rows, "lesion")), 4),
        ventricle=round(factor_of(_scores(rows, "ventricle")), 4),
        patients=len({row["patient"] for row in rows}),
    )


def better_than_carry_forward(rows: Sequence[Row], carried: Sequence[Row]) -> bool:
    """Nearer on the mean of both the image's change and the volume."""
    return _mean(rows, "delta_rmae") < 1.0 and _mean(rows, "crps") < _mean(carried, "crps")


def read_rows(
    files: Iterable[Path], reader: FollowNet, predict: Predict, *, noise: float = 0.02
) -> Iterator[Row]:
    """Predictions as they are at use: from a base that the reader has read."""
    for number, file in enumerate(files):
        case = read_case(file)
        base, _, _ = _read_base(file, reader, noise=noise, seed=number)
        for triple in evaluated():
            yield figures(case, triple, predict(case, triple, base))


def reader_rows(files: Iterable[Path], reader: FollowNet, *, noise: float = 0.02) -> Iterator[Row]:
    """What the reader finds in each base: overlap with the truth, and volumes."""
    for number, file in enumerate(files):
        _, reading, truth = _read_base(file, reader, noise=noise, seed=number)
        yield {
            "patient": file.stem,
            "dice": dice(reading.visible >= 0.5, truth["visible"]),
            "core_dice": dice(reading.core >= 0.5, truth["core"]),
            "ventricle_dice": dice(reading.ventricle >= 0.5, truth["ventricle"]),
            "brain_dice": dice(reading.brain, truth["brain"]),
            "lesion_ml": reading.lesion_ml,
            "truth_ml": float(truth["visible"].sum()) * 0.008,
        }


def means(rows: Sequence[Row]) -> dict[str, float]:
    """Mean of every number of ``rows``."""
    return {key: _mean(rows, key) for key in rows[0] if isinstance(rows[0][key], float)}


def _read_base(
    file: Path, reader: FollowNet, *, noise: float, seed: int
) -> tuple[Base, Reading, dict[str, np.ndarray]]:
    with np.load(file, allow_pickle=False) as stored:
        image = stored["head_image"][0].astype(np.float32)
        truth = {key: stored[f"head_{key}"][0] > 127 for key in ("visible", "core", "ventricle")}
        truth["brain"] = stored["head_tissue"][0] > 0
    scale = float(np.median(image[truth["brain"]]))
    draw = np.random.default_rng(seed)
    image += noise * scale * draw.standard_normal(image.shape).astype(np.float32)
    grid = Volume(array=np.abs(image), affine=np.diag([2.0, 2.0, 2.0, 1.0]))
    reading = read_head(grid, reader)
    # The crop of the stored truth, so that voxels can be compared.
    middle = np.argwhere(truth["visible"]).mean(axis=0)
    return base_of(reading, middle=(middle[0], middle[1], middle[2])), reading, truth


def _scores(rows: Sequence[Row], of: str) -> list[list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        samples, base, truth = _of(row, of)
        middle, spread = middle_and_spread(samples, base, row["days"], of=of)
        found[row["patient"]].append(abs(truth - middle) / spread)
    return list(found.values())


def _of(row: Row, of: str) -> tuple[list[float], float, float]:
    if of == "lesion":
        return row["samples_ml"], row["base_ml"], row["truth_ml"]
    return row["ventricle_samples_ml"], row["ventricle_base_ml"], row["ventricle_truth_ml"]


def _crossed(rows: Sequence[Row], of: str) -> Iterable[tuple[str, float]]:
    """Coverage and mean width of the 90 % interval, the people of each anatomy by a factor found
    on those of all the others."""
    inside, widths = [], []
    for anatomy in sorted({row["anatomy"] for row in rows}):
        others = [row for row in rows if row["anatomy"] != anatomy]
        if not others:
            return
        factor = factor_of(_scores(others, of))
        held = Calibration(lesion=factor, ventricle=factor, patients=len(others))
        for row in rows:
            if row["anatomy"] == anatomy:
                samples, base, truth = _of(row, of)
                interval = held.interval(samples, base, row["days"], of=of)
                inside.append(truth in interval)
                widths.append(interval.upper - interval.lower)
    yield f"{of}_coverage", round(float(np.mean(inside)), 3)
    yield f"{of}_width_ml", round(float(np.mean(widths)), 3)


def _mean(rows: Sequence[Row], key: str) -> float:
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        value = row[key]
        if value is not None and math.isfinite(value):
            found[row["patient"]].append(value)
    return round(float(np.mean([np.mean(v) for v in found.values()])), 4) if found else math.nan
