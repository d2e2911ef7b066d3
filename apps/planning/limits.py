"""The limits of the checks: for each figure a bound to warn and one to fail. Pure."""

from __future__ import annotations

import math
from typing import Any, Final

# Figure -> whether more of it is better.
KEYS: Final[dict[str, bool]] = {
    "contour_volume_percent": False,
    "contour_distance_mm": False,
    "soft_tissue_median_hu": False,
    "bulk_d95_percent": False,
    "bulk_dmean_percent": False,
    "gamma_percent": True,
    "reference_dmean_percent": False,
    "band_d95_percent": False,
}
_BOUNDS: Final = {"warn", "fail"}


def limits_errors(limits: Any) -> list[dict[str, str]]:
    """Everything that is wrong with ``limits``, as ``{"place", "message"}``; empty when nothing."""
    if not isinstance(limits, dict):
        return [{"place": "", "message": "This must be an object."}]
    errors = [
        {"place": key, "message": "There is no such limit."} for key in sorted(limits.keys() - KEYS)
    ]
    for key, more_is_better in KEYS.items():
        if message := _wrong(limits.get(key), more_is_better):
            errors.append({"place": key, "message": message})
    return errors


def _wrong(bounds: Any, more_is_better: bool) -> str:
    if not isinstance(bounds, dict) or set(bounds) != _BOUNDS:
        return "This must hold the two numbers 'warn' and 'fail'."
    values = [bounds["warn"], bounds["fail"]]
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "'warn' and 'fail' must be numbers."
        if not math.isfinite(value) or not 0 <= value <= 1000:
            return "'warn' and 'fail' must lie between 0 and 1000."
    ordered = values[0] >= values[1] if more_is_better else values[0] <= values[1]
    if not ordered:
        return "It must not fail before it warns."
    return ""
