"""What a prediction says in numbers: ``prediction.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ml.contracts.manifest import Manifest
from ml.imaging.volume import Volume
from ml.models.followup.calibration import Calibration, Interval
from ml.models.followup.predictor import Samples
from ml.models.followup.weights import Checkpoint

# Without a calibration of its own a network's spread is taken as a normal distribution's.
UNCALIBRATED = Calibration(lesion=1.645, ventricle=1.645, patients=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What was asked for, and on what."""

    days: float
    treatment: str
    samples: int
    base: Volume
    base_date: date | None
    prior: Volume | None = None
    prior_date: date | None = None
    warnings: list[dict[str, Any]] = field(default_factory=list)


def content_of(
    asked: Asked,
    samples: Samples,
    curve: Sequence[tuple[float, Interval]],
    checkpoint: Checkpoint,
    manifest: Manifest,
) -> dict[str, Any]:
    """The content of ``prediction.json``; see README.md."""
    base = samples.base
    calibration = checkpoint.calibration or UNCALIBRATED
    ventricle = calibration.interval(
        samples.ventricle_ml, base.ventricle_ml, asked.days, of="ventricle"
    )
    target = asked.base_date and asked.base_date + timedelta(days=asked.days)
    evidence = checkpoint.evidence
    return {
        "format": "synoptic-prediction",
        "format_version": 1,
        "days": asked.days,
        "treatment": asked.treatment,
        "samples": asked.samples,
        "family": checkpoint.model.config.family,
        "model_version": manifest.version,
        "target_date": target.isoformat() if target else None,
        "base": _series(asked.base, asked.base_date),
        "priors": [_series(asked.prior, asked.prior_date)] if asked.prior is not None else [],
        "volumes": [{"days": day, **_interval(interval, "_ml")} for day, interval in curve],
        "interval": calibration.nominal,
        "carry_forward_ml": round(base.lesion_ml, 3),
        "ventricle_ml": {"base": round(base.ventricle_ml, 3), **_interval(ventricle)},
        "sample_volumes_ml": [round(v, 3) for v in samples.lesion_ml],
        "beats_carry_forward": bool(evidence.get("beats_carry_forward", False)),
        "evidence": evidence,
        "warnings": asked.warnings,
    }


def _interval(interval: Interval, unit: str = "") -> dict[str, float]:
    return {
        f"median{unit}": round(interval.median, 3),
        f"lower{unit}": round(interval.lower, 3),
        f"upper{unit}": round(interval.upper, 3),
    }


def _series(volume: Volume, day: date | None) -> dict[str, Any]:
    uid = volume.source.series_uid if volume.source else None
    return {"series_uid": uid, "date": day.isoformat() if day else None}
