"""The cases of an evaluation: which files belong to each, and their content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ml.evaluation.case import ImagePair, LabelPair, ReportPair
from ml.evaluation.cases import CaseRefused, Entry, entries, read_volume, require_same_grid
from ml.evaluation.masks import body_mask, hounsfield_classes, label_classes
from ml.evaluation.report_facts import read_facts
from ml.evaluation.settings import Settings

Kind = Literal["image", "labels", "lesions", "reports"]
Pair = ImagePair | LabelPair | ReportPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What belongs to one reference by name; None where a folder has no such file or was not
    given."""

    ref: Entry
    pred: Entry | None
    mask: Entry | None
    labels: Entry | None
    floor: Entry | None
    baseline: Entry | None

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def subject(self) -> str:
        return self.ref.subject


def pair_files(settings: Settings) -> tuple[list[Files], list[str]]:
    """The files of every reference, and the names of predictions that have no reference.

    Raises:
        InputRefused: a folder is missing or empty.
    """
    refs, preds = entries(settings.ref), entries(settings.pred)
    others = {
        key: entries(folder) if folder else {}
        for key, folder in (
            ("mask", settings.masks),
            ("labels", settings.labels),
            ("floor", settings.floor),
            ("baseline", settings.baseline),
        )
    }
    files = [
        Files(
            ref=entry,
            pred=preds.get(name),
            **{key: found.get(name) for key, found in others.items()},
        )
        for name, entry in refs.items()
    ]
    return files, [preds[name].path.name for name in preds if name not in refs]


def load(kind: Kind, files: Files, settings: Settings, value_range: tuple[float, float]) -> Pair:
    """Prediction and reference of one case, on one grid.

    Raises:
        CaseRefused: a file is missing, unreadable, or on another grid; it is named.
    """
    if files.pred is None:
        raise CaseRefused(files.ref.path.name, "there is no prediction of this name")
    return load_as(kind, files, files.pred, settings, value_range)


def load_as(
    kind: Kind,
    files: Files,
    predicted: Entry,
    settings: Settings,
    value_range: tuple[float, float],
) -> Pair:
    """Like :func:`load`, with another file (a floor, a baseline) as the prediction."""
    if kind == "reports":
        return ReportPair(pred=read_facts(predicted.path), ref=read_facts(files.ref.path))
    ref, pred = read_volume(files.ref), read_volume(predicted)
    require_same_grid(pred, ref, predicted.path.name)
    if kind != "image":
        whole = {"reference": (files.ref, ref), "prediction": (predicted, pred)}
        for entry, volume in [whole["reference"], *([whole["prediction"]] * (kind == "labels"))]:
            if not np.array_equal(volume.array, np.rint(volume.array)):
                raise CaseRefused(entry.path.name, "a label map must hold whole numbers")
        return LabelPair(pred=pred, ref=ref)
    if settings.masks is not None and files.mask is None:
        raise CaseRefused(files.ref.path.name, "there is no mask of this name")
    if files.mask is not None:
        given = read_volume(files.mask)
        require_same_grid(given, ref, files.mask.path.name)
        mask = given.array > 0
        if not mask.any():
            raise CaseRefused(files.mask.path.name, "the mask is empty")
    else:
        mask = body_mask(ref.array, hounsfield=settings.hounsfield)
    tissues = {}
    if files.labels is not None:
        ids = read_volume(files.labels)
        require_same_grid(ids, ref, files.labels.path.name)
        tissues = label_classes(np.rint(ids.array).astype(np.int32), mask)
    elif settings.hounsfield:
        tissues = hounsfield_classes(ref.array, mask)
    return ImagePair(pred=pred, ref=ref, mask=mask, tissues=tissues, value_range=value_range)


def population_range(files: Iterable[Files]) -> tuple[float, float]:
    """Lowest and highest value over all references that can be read."""
    low, high = np.inf, -np.inf
    for item in files:
        try:
            array = read_volume(item.ref).array
        except CaseRefused:
            continue  # named when its case is measured
        low, high = min(low, float(array.min())), max(high, float(array.max()))
    if not high > low:
        return 0.0, 1.0
    return low, high
