"""One evaluation from folders to result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ml.contracts.evaluation import Problem
from ml.evaluation.bounds import Of
from ml.evaluation.case import ImagePair
from ml.evaluation.cases import CaseRefused, Entry
from ml.evaluation.frozen import Frozen
from ml.evaluation.measured import Measured
from ml.evaluation.pairs import Files, Pair, load, load_as, pair_files, population_range
from ml.evaluation.sets import Samples
from ml.evaluation.settings import Settings
from ml.evaluation.tasks import TASKS, Task
from ml.evaluation.unpaired import keep_features, measure_unpaired

Tell = Callable[[str], None]
# The prediction itself, and what it is held against.
VARIANTS = ("prediction", "floor", "baseline")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run has measured so far. ``sources`` says what floor and baseline are; a variant
    that is not there was not given."""

    files: list[Files]
    frozen: Frozen
    value_range: tuple[float, float]
    measured: dict[str, Measured] = field(default_factory=lambda: {v: Measured() for v in VARIANTS})
    features: dict[str, Samples] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def measure(settings: Settings, tell: Tell) -> Outcome:
    """Measure every case; one that cannot be measured is kept as a problem and the others go on.

    Ctrl-C stops after the cases so far, which are kept; the outcome then has a problem that says
    so.

    Raises:
        InputRefused: a folder is missing or empty.
    """
    task = TASKS[settings.task]
    files, unknown = pair_files(settings)
    outcome = Outcome(
        files=files,
        frozen=Frozen(settings.network),
        value_range=_value_range(task, settings, files),
    )
    try:
        if not task.paired:
            outcome.problems += measure_unpaired(
                settings, outcome.features, outcome.sources, outcome.frozen, tell
            )
            return outcome
        outcome.problems += [
            {"file": name, "reason": "there is no reference of this name"} for name in unknown
        ]
        variants = Variants(task, settings, files)
        for number, item in enumerate(files, start=1):
            _measure_case(task, settings, item, variants, outcome)
            tell(f"[{number}/{len(files)}] {item.name}")
    except KeyboardInterrupt:
        outcome.problems.append({"file": "", "reason": "stopped by the user before the end"})
    return outcome


def _value_range(task: Task, settings: Settings, files: list[Files]) -> tuple[float, float]:
    if task.kind != "image":
        return 0.0, 1.0
    own = None if settings.range_from_references else task.value_range
    return settings.value_range or own or population_range(files)


def _measure_case(
    task: Task, settings: Settings, item: Files, variants: Variants, outcome: Outcome
) -> None:
    try:
        pair = load(task.kind, item, settings, outcome.value_range)
        for variant, source, shown in variants.of(item, pair, outcome.value_range):
            outcome.sources.setdefault(variant, source)
            for tier, measures in task.measures:
                if tier in settings.tiers:
                    values = measures(shown, outcome.frozen)
                    outcome.measured[variant].add(item.subject, values)
            if task.sets and "feature" in settings.tiers and isinstance(shown, ImagePair):
                keep_features(outcome.features, variant, item.subject, shown, outcome.frozen)
    except CaseRefused as error:
        outcome.problems.append({"file": error.file, "reason": error.reason})


class Variants:
    """The prediction, and what stands in its place as floor and baseline: a file of the folder
    given, else what the task's own rule makes."""

    def __init__(self, task: Task, settings: Settings, files: list[Files]) -> None:
        self._task, self._settings = task, settings
        self._rules: dict[str, tuple[str, Of]] = {}
        for variant, folder, rule in (
            ("floor", settings.floor, task.floor),
            ("baseline", settings.baseline, task.baseline),
        ):
            if folder is None and rule is not None:
                self._rules[variant] = (rule.source, rule.make(files))

    def of(
        self, item: Files, pair: Pair, value_range: tuple[float, float]
    ) -> Iterator[tuple[str, str, Pair]]:
        """Variant, what it is, and the pair with it in the place of the prediction."""
        yield "prediction", "", pair
        given: tuple[tuple[str, Entry | None], ...]
        given = (("floor", item.floor), ("baseline", item.baseline))
        for variant, entry in given:
            if entry is not None:
                shown = load_as(self._task.kind, item, entry, self._settings, value_range)
                yield variant, f"folder {entry.path.parent.name}", _same_reference(shown, pair)
            elif variant in self._rules:
                source, of = self._rules[variant]
                made = of(item, pair)
                if made is not None:
                    yield variant, source, made


def _same_reference(shown: Pair, pair: Pair) -> Pair:
    """The reference as one object, so that what is remembered of it is found again."""
    if isinstance(shown, ImagePair) and isinstance(pair, ImagePair):
        return replace(shown, ref=pair.ref)
    return shown
