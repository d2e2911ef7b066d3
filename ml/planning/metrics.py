"""Names of dose-volume figures: ``D95``, ``D2cc``, ``Dmean``, ``V20Gy``, ``V95%``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ml.contracts.errors import ParametersRefused

Kind = Literal["dose_at_percent", "dose_at_cc", "mean", "max", "min", "volume_at_gy",
               "volume_at_percent"]  # fmt: skip

_NUMBER = r"(\d+(?:\.\d+)?)"
_PATTERNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(rf"^D{_NUMBER}%?$", re.IGNORECASE), "dose_at_percent"),
    (re.compile(rf"^D{_NUMBER}(?:cc|cm3|ml)$", re.IGNORECASE), "dose_at_cc"),
    (re.compile(r"^Dmean()$", re.IGNORECASE), "mean"),
    (re.compile(r"^Dmax()$", re.IGNORECASE), "max"),
    (re.compile(r"^Dmin()$", re.IGNORECASE), "min"),
    (re.compile(rf"^V{_NUMBER}Gy$", re.IGNORECASE), "volume_at_gy"),
    (re.compile(rf"^V{_NUMBER}%$", re.IGNORECASE), "volume_at_percent"),
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a dose-volume histogram. ``amount``: percent, cm³ or Gy as ``kind`` says; 0
    where it needs none. ``volume_at_percent`` is the volume at that percentage of the prescription.
    """

    name: str
    kind: Kind
    amount: float

    @property
    def unit(self) -> Literal["Gy", "%"]:
        """Of the figure's value: volumes are given in percent of the structure."""
        return "%" if self.kind.startswith("volume") else "Gy"


def metric(name: str) -> Metric:
    """Read the name of a figure.

    Raises:
        ParametersRefused: it is none, or asks for a share beyond 100 %.
    """
    for pattern, kind in _PATTERNS:
        if match := pattern.match(name.strip()):
            amount = float(match[1] or 0.0)
            if kind == "dose_at_percent" and amount > 100:
                break
            return Metric(name.strip(), kind, amount)
    raise ParametersRefused(
        f"{name[:40]!r} is no figure of a dose-volume histogram; "
        "known are D95, D2cc, Dmean, Dmax, Dmin, V20Gy and V95%."
    )
