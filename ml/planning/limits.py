"""Limits of the acceptance checks: a site's own, or these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ml.contracts.errors import ParametersRefused
from ml.planning.fields import Fields

Status = Literal["pass", "warn", "fail", "not_applicable"]
_WORST: tuple[Status, ...] = ("not_applicable", "pass", "warn", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Beyond ``warn`` a figure is looked at, beyond ``fail`` it is refused. ``at_least``: the
    figure must be large (γ pass rate), not small."""

    warn: float
    fail: float
    unit: str
    at_least: bool = False

    def status(self, figure: float) -> Status:
        """Judge a figure; what is not a number fails."""
        sign = -1.0 if self.at_least else 1.0
        if not sign * figure <= sign * self.fail:
            return "fail"
        return "pass" if sign * figure <= sign * self.warn else "warn"

    @property
    def text(self) -> str:
        """As it is printed beside the figure."""
        keep, breaks = ("≥", "<") if self.at_least else ("≤", ">")
        unit = f" {self.unit}" if self.unit else ""
        return f"{keep} {self.warn:g}{unit} (fail {breaks} {self.fail:g}{unit})"


# CONVENTIONS: contour 2 % and 2 mm, soft tissue 20 HU, bulk 2 %, γ 2 %/2 mm at 95 %, ΔDmean 1 %.
DEFAULTS: dict[str, Limit] = {
    "fov_cut_percent": Limit(warn=1.0, fail=75.0, unit="%"),
    "gate_score": Limit(warn=0.8, fail=1.0, unit=""),
    "outline_dice_percent": Limit(warn=97.0, fail=93.0, unit="%", at_least=True),
    "contour_volume_percent": Limit(warn=2.0, fail=5.0, unit="%"),
    "contour_distance_mm": Limit(warn=2.0, fail=4.0, unit="mm"),
    "soft_tissue_median_hu": Limit(warn=20.0, fail=40.0, unit="HU"),
    "bulk_d95_percent": Limit(warn=2.0, fail=4.0, unit="%"),
    "bulk_dmean_percent": Limit(warn=2.0, fail=4.0, unit="%"),
    "gamma_percent": Limit(warn=98.0, fail=95.0, unit="%", at_least=True),
    "reference_dmean_percent": Limit(warn=1.0, fail=2.0, unit="%"),
    "band_d95_percent": Limit(warn=3.0, fail=5.0, unit="%"),
}


def read_limits(data: dict[str, Any]) -> dict[str, Limit]:
    """The limits of a site over the defaults, from ``{"key": {"warn": …, "fail": …}}``.

    Raises:
        ParametersRefused: an unknown key, a missing number, or one that fails before it warns.
    """
    given = Fields(data, "limits")
    limits = dict(DEFAULTS)
    for key, known in DEFAULTS.items():
        if key not in data:
            continue
        pair = given.child(key)
        limit = Limit(
            warn=pair.number("warn"),
            fail=pair.number("fail"),
            unit=known.unit,
            at_least=known.at_least,
        )
        pair.nothing_else()
        if (limit.warn < limit.fail) if limit.at_least else (limit.warn > limit.fail):
            raise ParametersRefused(f"limits.{key} fails before it warns.")
        limits[key] = limit
    given.nothing_else()
    return limits


def as_json(limits: dict[str, Limit]) -> dict[str, Any]:
    """``limits`` in the form that ``read_limits`` reads."""
    return {key: {"warn": item.warn, "fail": item.fail} for key, item in limits.items()}


def worst(*statuses: Status) -> Status:
    """The most serious of some judgements."""
    return max(statuses, key=_WORST.index)
