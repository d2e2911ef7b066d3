"""Measured against true change of simulated patients (``python -m ml simulate``).

A patient is a folder of the simulator: ``truth.json`` beside a DICOM folder per visit. The first
visit is the base of every later one. Beside each error stands carry-forward: that nothing changes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.dicom.read import read_series
from ml.followup.brightness import contrast_of
from ml.followup.lesions import lesions_of
from ml.imaging.registration import register, resampled
from ml.imaging.volume import Volume
from ml.pipelines.detect_change.regions import regions_of
from ml.pipelines.segment_head.segmentation import HeadSegmentation

Segment = Callable[[Volume], HeadSegmentation]
# Changes nearer to none than this (percent) are no changes.
NO_CHANGE: Final = 0.2
# In smaller structures (ml) a percent is a few voxels.
LEAST_ML: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One structure from the base to one later visit; percent of the base."""

    patient: str
    days: int
    name: str
    true: float
    measured: float
    noise: float | None
    verdict: str


def volume_figures(folders: Sequence[Path], segment: Segment) -> dict[str, Any]:
    """By structure, both sides and all later visits of all patients together, and over all."""
    rows = [row for folder in folders for row in _patient(folder, segment)]
    named = defaultdict(list)
    for row in rows:
        named[row.name].append(row)
    changed = [row for row in rows if abs(row.true) > NO_CHANGE]
    return {
        "patients": [folder.name for folder in folders],
        "structures": {name: summary(found) for name, found in sorted(named.items())},
        "all": summary(rows),
        "changed": summary(changed) if changed else None,
    }


def summary(rows: Sequence[Measured]) -> dict[str, float]:
    """Errors in percent points. ``carry_forward`` is the error of saying that nothing changed;
    ``right_side``: changes that are called one and have the right sign."""
    errors = np.array([row.measured - row.true for row in rows])
    called = [row.verdict == "change" for row in rows]
    right = [c and row.measured * row.true > 0 for c, row in zip(called, rows, strict=True)]
    return {
        "n": len(rows),
        "mean_true": round(float(np.mean([row.true for row in rows])), 2),
        "mean_measured": round(float(np.mean([row.measured for row in rows])), 2),
        "error": round(float(np.abs(errors).mean()), 2),
        "bias": round(float(errors.mean()), 2),
        "carry_forward": round(float(np.mean([abs(row.true) for row in rows])), 2),
        "within_noise": round(1 - float(np.mean(called)), 3),
        "truly_within_noise": round(
            float(np.mean([row.noise is None or abs(row.true) <= row.noise for row in rows])), 3
        ),
        "called_rightly": round(float(np.mean(right)), 3),
    }


def _patient(folder: Path, segment: Segment) -> Iterable[Measured]:
    base, *later = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["visits"]
    first = _image(folder, base)
    one = segment(first)
    for visit in later:
        two = segment(_image(folder, visit))
        regions = regions_of(
            one,
            two,
            contrast=contrast_of(first.array, one.labels),
            days=round(visit["day"]),
            comparable=True,
        )
        for region in regions:
            key = str(region["label"])
            before = base["volumes_ml"].get(key, {"ml": 0.0})["ml"]
            if before < LEAST_ML or region["change_percent"] is None:
                continue
            after = visit["volumes_ml"].get(key, {"ml": 0.0})["ml"]
            yield Measured(
                patient=folder.name,
                days=round(visit["day"]),
                name=region["name"].removeprefix("Left ").removeprefix("Right ").capitalize(),
                true=100 * (after / before - 1),
                measured=region["change_percent"],
                noise=region["noise_percent"],
                verdict=region["verdict"],
            )


def tumour_figures(folder: Path, segment: Segment) -> dict[str, Any]:
    """Volume of all that is bright on FLAIR, against the whole tumour's, at each later visit."""
    base, *later = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["visits"]
    first = _image(folder, base)
    one = segment(first)
    rows = []
    for visit in later:
        image = _image(folder, visit)
        two = segment(image)
        place = register(first, image)
        onto = resampled(image, first, place)
        labels = resampled(image.like(two.labels), first, place, order=0).array
        pair = lesions_of(first.array, onto.array, one.labels, labels, first.spacing)
        found = [float((part > 0).sum()) * first.voxel_ml for part in (pair.base, pair.follow)]
        true = [sum(lesion["ml"] for lesion in entry["lesions"]) for entry in (base, visit)]
        rows.append(
            {
                "day": visit["day"],
                "true_ml": [round(ml, 2) for ml in true],
                "found_ml": [round(ml, 2) for ml in found],
                "change_error_ml": round((found[1] - found[0]) - (true[1] - true[0]), 2),
                "carry_forward_error_ml": round(true[0] - true[1], 2),
            }
        )
    return {"visits": rows}


def _image(folder: Path, visit: dict[str, Any]) -> Volume:
    series = next(one["folder"] for one in visit["series"] if one["modality"] == "MR")
    return read_series(folder / "dicom" / f"day-{visit['day']:g}" / series)
