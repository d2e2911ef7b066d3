"""Figures of whole sets of images: features kept by subject, and their rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ml.contracts.evaluation import Bound, MetricRow
from ml.evaluation.distribution import (
    diversity,
    frechet_distance,
    kernel_distance,
    novelty,
    precision,
    recall,
    vendi,
)
from ml.evaluation.features import SPACES
from ml.evaluation.intervals import Array, jackknife
from ml.evaluation.rows import EVERYONE, Context, not_given, row

Figure = Callable[[Array, Array], float]
Keep = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class SetMetric:
    """``parts``: the vectors of an image (its octants) are compared each with its like and the
    figures averaged, so that what is wrong in one place is not lost among the others; otherwise
    they are joined into one.
    ``unpaired``: makes no sense where a prediction ought to be its own reference."""

    figure: Figure
    parts: bool = False
    unpaired: bool = False


SET_METRICS: dict[str, SetMetric] = {
    "fid": SetMetric(frechet_distance, parts=True),
    "kid": SetMetric(kernel_distance, parts=True),
    "precision": SetMetric(precision),
    "recall": SetMetric(recall),
    "diversity": SetMetric(diversity),
    "vendi": SetMetric(vendi),
    "novelty": SetMetric(novelty, unpaired=True),
}


@dataclass(slots=True)
class Samples:
    """Features of images by space: subject, and vectors (vectors, numbers)."""

    by_space: dict[str, list[tuple[str, Array]]] = field(default_factory=dict)

    def add(self, subject: str, features: dict[str, Array]) -> None:
        """Take the features of one image."""
        for space, vectors in features.items():
            self.by_space.setdefault(space, []).append((subject, vectors))

    def select(self, keep: Keep) -> Samples:
        """The images of some subjects."""
        return Samples(
            {
                space: [(subject, vectors) for subject, vectors in images if keep(subject)]
                for space, images in self.by_space.items()
            }
        )

    def subjects(self) -> list[str]:
        """All subjects, in the order they came."""
        return list(dict.fromkeys(s for images in self.by_space.values() for s, _ in images))


def set_figure(name: str, space: str, pred: Samples, ref: Samples) -> float:
    """One figure of two sets; NaN where there are too few images."""
    images = [samples.by_space.get(space, []) for samples in (pred, ref)]
    if not all(images):
        return float("nan")
    metric = SET_METRICS[name]
    first, second = (
        np.stack([v if metric.parts else v.reshape(1, -1) for _, v in found]) for found in images
    )
    if SPACES[space].standardised:
        centre, spread = second.mean(axis=0), second.std(axis=0)
        # What is the same in all references, but for rounding, has no scale to be measured on.
        spread[spread <= 1e-6 * np.maximum(1.0, np.abs(centre))] = 1.0
        first, second = (first - centre) / spread, (second - centre) / spread
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return float("nan")
    places = range(first.shape[1])
    return float(np.mean([metric.figure(first[:, at], second[:, at]) for at in places]))


def halves(samples: Samples) -> tuple[Samples, Samples]:
    """The images of every other subject, and the rest: two draws from one population, and so the
    least that a figure of so many images can be."""
    even = set(samples.subjects()[::2])
    return samples.select(even.__contains__), samples.select(lambda name: name not in even)


def set_rows(
    features: dict[str, Samples], context: Context, *, paired: bool
) -> Iterator[MetricRow]:
    """Rows of all figures of sets, with jackknife intervals by subject."""
    pred, ref = features.get("prediction"), features.get("reference")
    if pred is None or ref is None:
        return
    for name, metric in SET_METRICS.items():
        if paired and metric.unpaired:
            continue
        for space in pred.by_space:
            value = set_figure(name, space, pred, ref)
            subjects = list(dict.fromkeys([*pred.subjects(), *([] if paired else ref.subjects())]))

            def of(keep: Keep, name: str = name, space: str = space) -> float:
                return set_figure(name, space, pred.select(keep), ref.select(keep))

            interval = jackknife(of, subjects, value)
            bounds = {
                variant: _bound(name, space, features, variant, context, paired=paired)
                for variant in ("floor", "baseline")
            }
            count = len(pred.subjects())
            yield row(
                (name, space), interval, count, group=EVERYONE, bounds=bounds, context=context
            )


def _bound(
    name: str,
    space: str,
    features: dict[str, Samples],
    variant: str,
    context: Context,
    *,
    paired: bool,
) -> Bound:
    held, source = features.get(variant), context.sources.get(variant)
    ref = features["reference"]
    if held is None and variant == "floor" and not paired:
        held, ref = halves(ref)
        source = "one half of the references against the other"
    if held is None or source is None:
        return not_given()
    value = set_figure(name, space, held, ref)
    return {"value": value, "source": source} if np.isfinite(value) else not_given()


def copies(vectors: dict[str, Array], subjects: Sequence[str]) -> Samples:
    """One image as often as there are subjects."""
    samples = Samples()
    for subject in subjects:
        samples.add(subject, vectors)
    return samples
