"""Volumes of the head's structures at both visits, judged against the noise of measuring."""

from __future__ import annotations

from typing import Any, Final

from ml.dicom.structures import structures
from ml.followup.brightness import Kind
from ml.followup.noise import change_of, noise_percent
from ml.pipelines.segment_head.segmentation import HeadSegmentation
from ml.simulate import labels

# What one names to a person; the rest is of no use to tell a change by.
_SIDES: Final = {"left": "L", "right": "R"}
BRAIN: Final = tuple(t for t in labels.TISSUES if t.in_brain)


def regions_of(
    base: HeadSegmentation,
    follow: HeadSegmentation,
    *,
    contrast: Kind | None,
    days: int | None,
    comparable: bool,
) -> list[dict[str, Any]]:
    """One row for each structure of the brain that either visit shows, as change.json has them."""
    known = structures()
    rows = []
    for label in sorted({i for t in BRAIN for i in (t.left_id, t.right_id)}):
        volumes = base.volumes_ml.get(label, 0.0), follow.volumes_ml.get(label, 0.0)
        if label not in known or not any(volumes):
            continue
        item = known[label]
        # The noise of a structure was measured over both sides together.
        noise = noise_percent(item.name.removeprefix(f"{item.side} "), contrast)
        change = change_of(*volumes, noise=noise, days=days, comparable=comparable)
        dice = [s.expected_dice[label] for s in (base, follow) if label in s.expected_dice]
        side = _SIDES.get(item.side or "", "")
        rows.append(
            {
                "label": label,
                "name": item.name.capitalize(),
                "side": side or None,
                "base_ml": round(change.base_ml, 3),
                "follow_ml": round(change.follow_ml, 3),
                "change_percent": change.change_percent,
                "per_year_percent": change.per_year_percent,
                "noise_percent": change.noise_percent,
                "verdict": change.verdict,
                "expected_dice": round(min(dice), 3) if dice else None,
            }
        )
    return rows
