"""A prediction held against what came: masks by one rule, figures beside carry-forward."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.imaging.registration import Registration, RegistrationFailed, register, resampled
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.models.followup.change import delta_rmae, dice, new_tissue_dice
from ml.models.followup.modeling import FollowNet
from ml.models.followup.reader import Reading, read_head

# Below these the two images are not laid onto each other well enough to compare voxels.
LEAST_OVERLAP, LEAST_SIMILARITY = 0.85, 0.08
# How far the scan may lie from the predicted day: 14 days or a tenth.
_DAYS_OFF, _SHARE_OFF = 14.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """On the base's own grid (z, y, x): the three images in units of normal brain, the masks of
    their lesions, the brain, and the volumes in ml."""

    base: NDArray[np.float32]
    actual: NDArray[np.float32]
    predicted: NDArray[np.float32]
    base_lesion: NDArray[np.bool_]
    actual_lesion: NDArray[np.bool_]
    predicted_lesion: NDArray[np.bool_]
    brain: NDArray[np.bool_]
    base_ml: float
    actual_ml: float
    registration: Registration


def compare(
    base: Volume,
    actual: Volume,
    predicted: Volume,
    probability: Volume | None,
    *,
    reader: FollowNet,
    check: Callable[[], None],
) -> Compared:
    """Lay ``actual`` onto ``base`` and find the lesions.

    Raises:
        InputRefused: they cannot be laid onto each other, or one shows no brain.
    """
    try:
        found = register(base, actual, check=check)
    except RegistrationFailed as error:
        raise InputRefused(
            f"The scan cannot be laid onto the base of the prediction: {error}"
        ) from error
    moved = resampled(actual, base, found)
    readings = [_read(volume, reader) for volume in (base, moved, predicted)]
    check()
    images = [base, moved, to_grid(predicted, base)]
    scaled = [(v.array / r.scale).astype(np.float32) for v, r in zip(images, readings, strict=True)]
    masks = [_on(base, r, r.visible) for r in readings]
    if probability is not None:
        masks[2] = to_grid(probability, base).array >= 0.5
    return Compared(
        base=scaled[0],
        actual=scaled[1],
        predicted=scaled[2],
        base_lesion=masks[0],
        actual_lesion=masks[1],
        predicted_lesion=masks[2],
        brain=_on(base, readings[0], readings[0].brain.astype(np.float32)),
        base_ml=readings[0].lesion_ml,
        actual_ml=readings[1].lesion_ml,
        registration=found,
    )


def score_of(found: Compared, prediction: dict[str, Any], days: float | None) -> dict[str, Any]:
    """The content of ``score.json``; see README.md.

    Raises:
        InputRefused: the prediction is not what ``predict_followup`` writes.
    """
    try:
        last = prediction["volumes"][-1]
        predicted_ml, lower, upper = (float(last[k]) for k in ("median_ml", "lower_ml", "upper_ml"))
        target = float(prediction["days"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputRefused("The prediction's numbers are not those of predict_followup.") from error
    warnings = _warnings(found, days, target)
    ratio = delta_rmae(found.predicted, found.base, found.actual, found.brain)
    overlap = dice(found.predicted_lesion, found.actual_lesion)
    carried = dice(found.base_lesion, found.actual_lesion)
    better = abs(predicted_ml - found.actual_ml) < abs(found.base_ml - found.actual_ml)
    return {
        "format": "synoptic-prediction-score",
        "format_version": 1,
        "days_actual": days,
        "days_predicted": target,
        "comparable": not any(w["code"] == "registration" for w in warnings),
        "actual_ml": round(found.actual_ml, 3),
        "predicted_ml": round(predicted_ml, 3),
        "base_ml": round(found.base_ml, 3),
        "lower_ml": round(lower, 3),
        "upper_ml": round(upper, 3),
        "inside_interval": lower <= found.actual_ml <= upper,
        "dice": round(overlap, 4),
        "new_tissue_dice": _rounded(
            new_tissue_dice(found.predicted_lesion, found.base_lesion, found.actual_lesion)
        ),
        "delta_rmae": _rounded(ratio),
        "carry_forward": {
            "dice": round(carried, 4),
            "delta_rmae": 1.0,
            "volume_error_ml": round(abs(found.base_ml - found.actual_ml), 3),
        },
        "volume_error_ml": round(abs(predicted_ml - found.actual_ml), 3),
        "beats_carry_forward": bool(better and overlap >= carried),
        "warnings": warnings,
    }


def _warnings(found: Compared, days: float | None, target: float) -> list[dict[str, str]]:
    registration = found.registration
    warnings = []
    if registration.overlap < LEAST_OVERLAP or registration.similarity < LEAST_SIMILARITY:
        text = (
            f"The scan lies badly on the base (overlap {registration.overlap:.2f}, similarity "
            f"{registration.similarity:.2f}): its voxels cannot be compared."
        )
        warnings.append({"code": "registration", "text": text})
    if days is None:
        text = "The dates of base or scan are not known: nobody can say whether the day fits."
        warnings.append({"code": "dates_unknown", "text": text})
    elif abs(days - target) > max(_DAYS_OFF, _SHARE_OFF * target):
        text = f"The scan is of day {days:g}; predicted was day {target:g}."
        warnings.append({"code": "other_day", "text": text})
    return warnings


def _read(volume: Volume, reader: FollowNet) -> Reading:
    try:
        return read_head(volume, reader)
    except ValueError as error:
        raise InputRefused(f"An image cannot be used: {error}.") from error


def _on(base: Volume, reading: Reading, share: NDArray[np.float32]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = to_grid(reading.grid.like(share), base).array >= 0.5
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
