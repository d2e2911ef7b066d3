"""Volumes of two visits: change, yearly rate, and whether it exceeds the noise of measuring.

The noise table comes from ``figures.test_retest_percent`` of the segmenter's metrics file: the mean
absolute difference between repeated simulated scans of one head, in percent of the mean, by
contrast. For differences that follow a normal law, 95 % of them lie within 2.46 times that mean
(1.96 / sqrt(2 / pi)): the same limit as 2.77 within-subject standard deviations (Bland and Altman,
BMJ 1996;313:744).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

REPEATABILITY: Final = 1.96 / math.sqrt(2.0 / math.pi)
DAYS_PER_YEAR: Final = 365.25
# Below this a yearly rate multiplies noise.
LEAST_DAYS: Final = 30
# The table was measured in few heads, all simulated: nothing is told apart below this.
LEAST_PERCENT: Final = 1.5
METRICS: Final = Path(__file__).parents[1] / "models/head_unet/checkpoints/metrics.json"

Contrast = Literal["T1-like", "T2-like", "FLAIR-like"]
Verdict = Literal["change", "within_noise", "not_comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Volumes in ml, changes in percent of the base; None where nothing may be said."""

    base_ml: float
    follow_ml: float
    change_percent: float | None
    per_year_percent: float | None
    noise_percent: float | None
    verdict: Verdict


@cache
def noise_table(path: Path = METRICS) -> Mapping[str, Mapping[str, float]]:
    """95 % noise band in percent by contrast and structure."""
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["figures"]
    return {
        contrast: {
            name: round(max(LEAST_PERCENT, REPEATABILITY * float(mean)), 2)
            for name, mean in rows.items()
            if not name.endswith("structures over 5 ml")
        }
        for contrast, rows in figures["test_retest_percent"].items()
    }


def noise_percent(name: str, contrast: Contrast | None) -> float | None:
    """The band of a structure; of an unknown contrast the widest; None where none was measured."""
    table = noise_table()
    contrasts = [contrast] if contrast in table else list(table)
    found = [table[one][name] for one in contrasts if one and name in table[one]]
    return max(found, default=None)


def change_of(
    base_ml: float,
    follow_ml: float,
    *,
    noise: float | None,
    days: int | None,
    comparable: bool,
) -> Change:
    """Judge one structure. Without a measured band nothing is called a change."""
    if not comparable or base_ml <= 0:
        return Change(
            base_ml=base_ml,
            follow_ml=follow_ml,
            change_percent=None,
            per_year_percent=None,
            noise_percent=noise,
            verdict="not_comparable",
        )
    percent = 100 * (follow_ml - base_ml) / base_ml
    return Change(
        base_ml=base_ml,
        follow_ml=follow_ml,
        change_percent=round(percent, 2),
        per_year_percent=per_year(base_ml, follow_ml, days),
        noise_percent=noise,
        verdict="change" if noise is not None and abs(percent) > noise else "within_noise",
    )


def per_year(base_ml: float, follow_ml: float, days: int | None) -> float | None:
    """Percent a year as a compound rate; None without dates, over too few days, or from or to
    nothing."""
    if days is None or days < LEAST_DAYS or base_ml <= 0 or follow_ml <= 0:
        return None
    rate = math.pow(follow_ml / base_ml, DAYS_PER_YEAR / days) - 1.0
    return round(100 * rate, 2) if math.isfinite(rate) else None
