"""The measurement service: the only source of the numbers in a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.pipelines.draft_report import distances
from ml.pipelines.draft_report.regions import PAIRED, REGIONS

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number with its unit. ``digits`` after the point are worth reading. ``point_lps`` (mm)
    is where a width was taken, absent for a volume."""

    value: float
    unit: str
    digits: int
    point_lps: Point | None = None

    @property
    def text(self) -> str:
        number = f"{self.value:.{self.digits}f}"
        return f"{number} {self.unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Everything measured on one head, by id such as ``left_hippocampus.volume``.

    ``shift_side`` is the side towards which the midline is shifted.
    """

    by_id: Mapping[str, Measurement]
    label_volumes: Mapping[int, float] = field(default_factory=dict)
    shift_side: str = "midline"

    def __contains__(self, key: str) -> bool:
        return key in self.by_id

    def __getitem__(self, key: str) -> Measurement:
        return self.by_id[key]

    def values(self) -> dict[str, float]:
        """Plain numbers, rounded as they are shown."""
        return {key: round(m.value, m.digits) for key, m in self.by_id.items()}


def _millilitres(value: float) -> Measurement:
    return Measurement(value=value, unit="mL", digits=2 if value < 100 else 0)


def _percent(part: float, whole: float) -> Measurement:
    return Measurement(value=100.0 * part / whole, unit="%", digits=1)


def label_volumes(labels: Volume) -> dict[int, float]:
    """Volume in ml of each id in a label map (any grid), counted in whole voxels."""
    ids, counts = np.unique(labels.array, return_counts=True)
    return {
        int(label): float(count) * labels.voxel_ml
        for label, count in zip(ids, counts, strict=True)
        if label
    }


def volume_measurements(per_label: Mapping[int, float]) -> dict[str, Measurement]:
    """Volumes, fractions and asymmetries of all regions, from the volume of each label in ml."""
    by_id: dict[str, Measurement] = {}
    for key, region in REGIONS.items():
        total = sum(per_label.get(label, 0.0) for label in region.labels)
        if total > 0:
            by_id[f"{key}.volume"] = _millilitres(total)
    if "intracranial.volume" in by_id:
        inside = by_id["intracranial.volume"].value
        for key in ("brain", "ventricles"):
            if f"{key}.volume" in by_id:
                by_id[f"{key}.fraction"] = _percent(by_id[f"{key}.volume"].value, inside)
    for key in PAIRED:
        left, right = (by_id.get(f"{side}_{key}.volume") for side in ("left", "right"))
        if left is not None and right is not None:
            # As in Lucarelli et al., AJNR 2013;34:752: difference over the larger one.
            larger = max(left.value, right.value)
            by_id[f"{key}.asymmetry"] = _percent(abs(left.value - right.value), larger)
    return by_id


def measure(labels: Volume, volumes_ml: Mapping[int, float] | None = None) -> Measurements:
    """Measure a head.

    Args:
        labels: FreeSurfer ids (z, y, x) on any right-angled grid in LPS mm.
        volumes_ml: volume of each id where they were measured on a finer grid than this one.

    Returns:
        Volumes in mL, fractions and asymmetries in %, widths in mm taken on a 1 mm
        grid along the body's axes. What cannot be measured is absent.
    """
    per_label = dict(volumes_ml) if volumes_ml is not None else label_volumes(labels)
    by_id = volume_measurements(per_label)
    grid = canonical(labels, (1.0, 1.0, 1.0), "nearest")
    ids = np.rint(grid.array).astype(np.int32)
    side = "midline"
    if (evans := distances.evans_index(ids)) is not None:
        by_id["frontal_horns.evans"] = Measurement(
            value=evans.value, unit="", digits=2, point_lps=grid.point_lps(evans.at)
        )
    if (width := distances.third_ventricle_width(ids)) is not None:
        by_id["third_ventricle.width"] = Measurement(
            value=width.value, unit="mm", digits=0, point_lps=grid.point_lps(width.at)
        )
    if (shift := distances.midline_shift(ids)) is not None:
        side = "left" if shift.value > 0 else "right"
        by_id["midline.shift"] = Measurement(
            value=abs(shift.value), unit="mm", digits=1, point_lps=grid.point_lps(shift.at)
        )
    return Measurements(by_id=by_id, label_volumes=per_label, shift_side=side)


def brain_is_plausible(measurements: Measurements) -> bool:
    """Whether the labels hold something the size of a human brain: 500 to 2500 mL."""
    volume = measurements.by_id.get("intracranial.volume")
    return volume is not None and 500 <= volume.value <= 2500
