"""What was measured, by subject, and the figures pooled from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from ml.evaluation.case import Values
from ml.evaluation.catalogue import METRICS
from ml.evaluation.intervals import POOLS, Array

Key = tuple[str, str]


@dataclass(slots=True)
class Measured:
    """Parts of each figure per subject, from one or several scans of each."""

    by_key: dict[Key, dict[str, list[tuple[float, ...]]]] = field(default_factory=dict)

    def add(self, subject: str, values: Values) -> None:
        """Take the values of one scan. Undefined ones (NaN) are left out: the figure then says
        fewer subjects."""
        for key, parts in values.items():
            if np.isfinite(parts).all():
                self.by_key.setdefault(key, {}).setdefault(subject, []).append(parts)

    def subjects(self) -> list[str]:
        """All subjects, in the order they came."""
        return list(dict.fromkeys(name for rows in self.by_key.values() for name in rows))

    def keys(self) -> list[Key]:
        """All figures in the order of the catalogue, the one without a structure first."""
        order = {name: index for index, name in enumerate(METRICS)}
        found = [*self.by_key, *([("fact_f1_macro", "")] if self._findings() else [])]
        return sorted(found, key=lambda key: (order[key[0]], key[1] != ""))

    def parts(self, key: Key, only: Collection[str] | None = None) -> tuple[list[str], Array]:
        """Subjects and their parts (subjects, k): a subject's scans are averaged, counts summed."""
        if key == ("fact_f1_macro", ""):
            return self._macro(only)
        rows = {
            name: scans
            for name, scans in self.by_key.get(key, {}).items()
            if only is None or name in only
        }
        average = METRICS[key[0]].pool == "mean"
        merged = [np.mean(s, axis=0) if average else np.sum(s, axis=0) for s in rows.values()]
        return list(rows), np.array(merged, dtype=np.float64).reshape(len(rows), -1 if rows else 0)

    def value(self, key: Key, only: Collection[str] | None = None) -> float | None:
        """The pooled figure, None where there is nothing to pool."""
        _, parts = self.parts(key, only)
        if not len(parts):
            return None
        value = float(POOLS[METRICS[key[0]].pool](parts))
        return value if np.isfinite(value) else None

    def _findings(self) -> list[Key]:
        return [key for key in self.by_key if key[0] == "fact_f1" and key[1]]

    def _macro(self, only: Collection[str] | None) -> tuple[list[str], Array]:
        """Counts of all findings side by side, of all subjects that have reports."""
        names, whole = self.parts(("fact_f1", ""), only)
        columns = []
        for key in self._findings():
            rows = dict(zip(*self.parts(key, only), strict=True))
            columns.append(np.array([rows.get(name, np.zeros(3)) for name in names]))
        if not columns or not names:
            return names, whole
        return names, np.concatenate(columns, axis=1)


def flat(measured: Measured, subject: str) -> dict[str, list[float]]:
    """Everything measured of a subject, by "metric/structure", rounded to what is meaningful."""
    rows = {}
    for key in measured.keys():  # noqa: SIM118 - not a mapping
        names, parts = measured.parts(key, {subject})
        if names:
            rows["/".join(part for part in key if part)] = [round(float(v), 6) for v in parts[0]]
    return rows


def together(found: Iterable[tuple[str, Values]]) -> Measured:
    """Measures of several scans."""
    measured = Measured()
    for subject, values in found:
        measured.add(subject, values)
    return measured
