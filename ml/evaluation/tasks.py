"""What can be evaluated: one entry per task says which figures apply and what they are held
against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml.contracts.evaluation import Tier
from ml.evaluation.bounds import (
    BULK_DENSITY,
    CLASS_MEANS,
    MAJORITY,
    NOTHING,
    TEMPLATE,
    Rule,
)
from ml.evaluation.case import ImagePair, LabelPair, ReportPair, Values
from ml.evaluation.dose import dose_metrics
from ml.evaluation.features import feature_metrics
from ml.evaluation.frozen import Frozen
from ml.evaluation.lesions import lesion_metrics
from ml.evaluation.pairs import Kind, Pair
from ml.evaluation.pixel import pixel_metrics
from ml.evaluation.report_metrics import report_metrics
from ml.evaluation.structures import structure_metrics

# A measure takes a pair and the frozen network; it may ignore the latter.
Measure = Callable[[Pair, Frozen], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """``paired``: each prediction has a reference of its name; otherwise only sets are compared.
    ``sets``: figures of whole sets of images apply. ``value_range``: of the population, None to
    take it from the references."""

    title: str
    kind: Kind
    measures: tuple[tuple[Tier, Measure], ...] = ()
    paired: bool = True
    sets: bool = False
    value_range: tuple[float, float] | None = None
    floor: Rule | None = None
    baseline: Rule | None = None


def _pixels(pair: Pair, _frozen: Frozen) -> Values:
    return pixel_metrics(pair) if isinstance(pair, ImagePair) else {}


def _features(pair: Pair, frozen: Frozen) -> Values:
    return feature_metrics(pair, frozen) if isinstance(pair, ImagePair) else {}


def _structures(pair: Pair, _frozen: Frozen) -> Values:
    return structure_metrics(pair.pred, pair.ref) if isinstance(pair, LabelPair) else {}


def _lesions(pair: Pair, _frozen: Frozen) -> Values:
    return lesion_metrics(pair) if isinstance(pair, LabelPair) else {}


def _reports(pair: Pair, _frozen: Frozen) -> Values:
    return report_metrics(pair) if isinstance(pair, ReportPair) else {}


def _dose(pair: Pair, _frozen: Frozen) -> Values:
    return dose_metrics(pair) if isinstance(pair, ImagePair) else {}


def _segmented(pair: Pair, frozen: Frozen) -> Values:
    """What the frozen segmenter finds in the prediction, against what it finds in the reference."""
    if not isinstance(pair, ImagePair):
        return {}
    return structure_metrics(frozen.segment(pair.pred), frozen.segment_reference(pair.ref))


TASKS: dict[str, Task] = {
    "synthesis": Task(
        title="an image predicted for one of the same patient, in HU unless --range says otherwise",
        kind="image",
        measures=(("pixel", _pixels), ("feature", _features), ("task", _segmented)),
        sets=True,
        value_range=(-1024.0, 3071.0),
        floor=CLASS_MEANS,
        baseline=BULK_DENSITY,
    ),
    "dose": Task(
        title="a photon plan on a synthetic CT, recalculated on the CT; label 1 is the target",
        kind="image",
        measures=(("pixel", _pixels), ("task", _dose)),
        value_range=(-1024.0, 3071.0),
        baseline=BULK_DENSITY,
    ),
    "segmentation": Task(
        title="label maps against label maps",
        kind="labels",
        measures=(("task", _structures),),
        baseline=MAJORITY,
    ),
    "detection": Task(
        title="lesion masks or probabilities against lesion masks",
        kind="lesions",
        measures=(("task", _lesions),),
        baseline=NOTHING,
    ),
    "report": Task(
        title="facts of JSON reports against those of reference reports",
        kind="reports",
        measures=(("task", _reports),),
        baseline=TEMPLATE,
    ),
    "generation": Task(
        title="images made from nothing against a set of real ones, not paired",
        kind="image",
        paired=False,
        sets=True,
    ),
}
