"""What a figure is held against when no folder is given: each task's own floor and baseline.

The *floor* is the error of something that knows more than any model can; the *baseline* is what
costs nothing. A rule is made from all cases and then gives, for one of them, the pair with its
prediction put in the place of the model's; None where it does not apply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml.evaluation.case import ImagePair, LabelPair, ReportPair
from ml.evaluation.cases import CaseRefused, read_volume
from ml.evaluation.pairs import Files, Pair
from ml.evaluation.report_facts import Fact, read_facts
from ml.imaging.volume import Volume

Of = Callable[[Files, Pair], Pair | None]
WATER_HU, AIR_HU = 0.0, -1000.0
# Memory for the votes of whole heads: more references than this are too many to hold at once.
_MOST_VOTERS = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """``source`` says in the table what the figure is of."""

    source: str
    make: Callable[[Sequence[Files]], Of]


def _bulk_density(_files: Sequence[Files]) -> Of:
    """Water within the mask and air around it; off CT, the reference's mean within the mask."""

    def of(_file: Files, pair: Pair) -> Pair | None:
        if not isinstance(pair, ImagePair):
            return None
        inside, outside = WATER_HU, AIR_HU
        if pair.value_range[0] > AIR_HU:
            inside = float(pair.ref.array[pair.mask].mean())
            outside = pair.value_range[0]
        image = np.where(pair.mask, inside, outside).astype(np.float32)
        return replace(pair, pred=pair.ref.like(image))

    return of


def _class_means(_files: Sequence[Files]) -> Of:
    """Each tissue at the mean it has in the reference itself; needs label maps, as classes cut
    from the reference's own values would know the answer."""

    def of(file: Files, pair: Pair) -> Pair | None:
        if not isinstance(pair, ImagePair) or file.labels is None:
            return None
        image = pair.ref.array.astype(np.float32)
        for where in pair.tissues.values():
            image[where] = image[where].mean(dtype=np.float64)
        return replace(pair, pred=pair.ref.like(image))

    return of


def _nothing(_files: Sequence[Files]) -> Of:
    """No lesion anywhere."""

    def of(_file: Files, pair: Pair) -> Pair | None:
        if not isinstance(pair, LabelPair):
            return None
        return replace(pair, pred=pair.ref.like(np.zeros(pair.ref.shape, np.int16)))

    return of


def _majority(files: Sequence[Files]) -> Of:
    """The commonest label of each voxel in the references of the *other* subjects; None where
    the references have several grids."""
    volumes: dict[str, Volume] = {}
    if len({file.subject for file in files}) > 1 and len(files) <= _MOST_VOTERS:
        for file in files:
            try:
                volumes[file.name] = read_volume(file.ref)
            except CaseRefused:
                continue  # named when its case is measured
    subjects = {file.name: file.subject for file in files}
    one_shape = len({volume.shape for volume in volumes.values()}) == 1

    def of(file: Files, pair: Pair) -> Pair | None:
        others = [v.array for name, v in volumes.items() if subjects[name] != file.subject]
        if not isinstance(pair, LabelPair) or not one_shape or not others:
            return None
        most = np.zeros(pair.ref.shape, np.uint8)
        label = np.zeros(pair.ref.shape, np.int32)
        for value in np.unique(np.concatenate([np.unique(array) for array in others])):
            votes = np.zeros(pair.ref.shape, np.uint8)
            for array in others:
                votes += array == value
            label[votes > most] = int(value)
            np.maximum(most, votes, out=most)
        return replace(pair, pred=pair.ref.like(label))

    return of


def _template(files: Sequence[Files]) -> Of:
    """The facts that more than half of the *other* subjects' reports state."""
    stated: dict[str, set[Fact]] = {}
    for file in files:
        try:
            stated.setdefault(file.subject, set()).update(read_facts(file.ref.path))
        except CaseRefused:
            continue  # named when its case is measured

    def of(file: Files, pair: Pair) -> Pair | None:
        others = [facts for subject, facts in stated.items() if subject != file.subject]
        if not isinstance(pair, ReportPair) or not others:
            return None
        counts = Counter(fact for facts in others for fact in facts)
        usual = tuple(fact for fact, count in counts.items() if 2 * count > len(others))
        return replace(pair, pred=usual)

    return of


BULK_DENSITY = Rule("bulk density: one value in the mask", _bulk_density)
CLASS_MEANS = Rule("class means with true labels", _class_means)
NOTHING = Rule("no lesion", _nothing)
MAJORITY = Rule("commonest label of the other subjects", _majority)
TEMPLATE = Rule("template: what most other reports state", _template)
