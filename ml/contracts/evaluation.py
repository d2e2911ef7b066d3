"""What an evaluation leaves for the registry: one JSON object, schema ``synoptic.evaluation/1``.

``ml/evaluation/schema.json`` says the same as a JSON Schema; a test holds the two together. A field
may be added within version 1; one that changes its meaning or goes away makes version 2.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from ml.contracts.errors import InputRefused

SCHEMA = "synoptic.evaluation/1"
NOT_GIVEN = "not given"

Tier = Literal["pixel", "feature", "task"]
# "zero": a signed error, best at nothing. "none": a description, neither good nor bad.
Direction = Literal["higher", "lower", "zero", "none"]


class Named(TypedDict):
    """Data or weights: a name, and a SHA-256 over the content (hexadecimal)."""

    name: str
    sha256: str


class Bound(TypedDict):
    """What a figure is held against. ``value`` is null where ``source`` says "not given"."""

    value: float | None
    source: str


class MetricRow(TypedDict):
    """One figure. Its unit and direction, the subjects it is of, what it was measured on, what it
    is held against, and the command that gives it again.

    ``structure`` is the tissue, finding or feature space, empty where there is but one.
    ``subgroup`` is "all", or an attribute with its value. The interval is null where there are too
    few subjects for one.
    """

    tier: Tier
    metric: str
    structure: str
    subgroup: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    ci_method: str
    n_subjects: int
    unit: str
    direction: Direction
    data: Named
    floor: Bound
    baseline: Bound
    command: str


class SubjectValues(TypedDict):
    """What was measured of one subject: ``values`` maps "metric/structure" to its value, or to the
    counts that the metric is pooled from (see ``ml/evaluation/README.md``)."""

    subject: str
    attributes: dict[str, str]
    values: dict[str, list[float]]


class Problem(TypedDict):
    """A file that could not be measured, and why."""

    file: str
    reason: str


class EvaluationResult(TypedDict):
    """``complete`` is false when a pair is missing or could not be measured, or the run was
    stopped: the figures are then of the other pairs only."""

    schema: str
    task: str
    created: str
    command: str
    complete: bool
    problems: list[Problem]
    data: Named
    data_kind: str
    prediction: Named
    settings: dict[str, str]
    networks: list[Named]
    software: dict[str, str]
    seed: int
    rows: list[MetricRow]
    subjects: list[SubjectValues]


class RowDifference(TypedDict):
    """One figure of two runs on the same data, and second minus first over the subjects of both.

    ``difference`` and its interval are null where the figure has no values by subject (figures of
    whole sets) or too few subjects have it in both. ``better`` names the run that is better beyond
    what the interval leaves open, "neither" where it holds 0 or where better has no meaning.
    """

    tier: Tier
    metric: str
    structure: str
    subgroup: str
    unit: str
    direction: Direction
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    ci_method: str
    n_subjects: int
    better: Literal["first", "second", "neither"]


class ResultRefused(InputRefused):
    """A file that is not an evaluation. ``kind`` is "not_json" or "wrong_schema"; ``place`` says
    where in the file, in the schema's own names."""

    def __init__(self, user_message: str, *, kind: str = "wrong_schema", place: str = "") -> None:
        super().__init__(user_message)
        self.kind = kind
        self.place = place


class DataDiffer(InputRefused):
    """Two results that were not measured on the same data cannot be compared."""
