"""What a quality report says, taken from the content of a plan's ``plan.json``.

Everything is optional but the template: a part that the plan does not hold is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Plan = Mapping[str, Any]

WARNING = "Made by software with AI. For research only. Not approved for treatment."
STATUS_WORDS = {
    "pass": "PASS",
    "warn": "WARN",
    "fail": "FAIL",
    "not_applicable": "NOT APPLICABLE",
}
# On what a dose was calculated, in the order of the report.
DOSES = {
    "plan": "Plan",
    "reference": "On the CT",
    "bulk": "Bulk density",
    "lower": "5 % bound",
    "upper": "95 % bound",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check: its number, what was found, and against which limit."""

    number: int
    title: str
    status: str
    text: str
    figure: float | None
    unit: str
    limit: str
    picture: str | None

    @property
    def word(self) -> str:
        """The status as a word."""
        return STATUS_WORDS.get(self.status, self.status.upper())

    @property
    def figure_text(self) -> str:
        """Figure and unit, "–" where there is none."""
        return "–" if self.figure is None else f"{number(self.figure)} {self.unit}".strip()


def check_rows(plan: Plan) -> list[CheckRow]:
    """The checks in order of their numbers."""
    rows = [
        CheckRow(
            number=int(item["number"]),
            title=str(item.get("title") or item["key"]),
            status=str(item["status"]),
            text=str(item.get("text") or ""),
            figure=finite(item.get("figure")),
            unit=str(item.get("unit") or ""),
            limit=str(item.get("limit") or ""),
            picture=item.get("picture"),
        )
        for item in items(plan, "checks")
    ]
    return sorted(rows, key=lambda row: row.number)


def summary(rows: Sequence[CheckRow]) -> str:
    """How many checks passed, gave a warning, failed or did not apply."""
    counts = {key: sum(row.status == key for row in rows) for key in STATUS_WORDS}
    words = ("passed", "with a warning", "failed", "not applicable")
    return ", ".join(
        f"{count} {word}" for count, word in zip(counts.values(), words, strict=True) if count
    )


def prescription(plan: Plan) -> str:
    """The prescription in one line."""
    template = plan["template"]
    dose, fractions = float(template["prescription_gy"]), int(template["fractions"])
    return f"{dose:g} Gy in {fractions} fractions of {dose / fractions:.3g} Gy"


def items(plan: Plan, key: str) -> Sequence[Mapping[str, Any]]:
    """The list under ``key``, empty where there is none."""
    found: Sequence[Mapping[str, Any]] = plan.get(key) or ()
    return found


def finite(value: object) -> float | None:
    """``value`` as a number, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def number(value: float) -> str:
    """A figure as people read it: three digits, or whole above a hundred."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace("-", "−")
