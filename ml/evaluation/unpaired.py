"""Sets of images against sets of images: no pairs, only features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.contracts.evaluation import Problem
from ml.evaluation.case import ImagePair
from ml.evaluation.cases import CaseRefused, entries, read_volume
from ml.evaluation.features import features_of
from ml.evaluation.frozen import Frozen
from ml.evaluation.intervals import Array
from ml.evaluation.masks import body_mask
from ml.evaluation.sets import Samples, copies
from ml.evaluation.settings import Settings
from ml.imaging.volume import Volume

Tell = Callable[[str], None]
MEAN_IMAGE = "the mean of the references, as often as there are references"


def keep_features(
    features: dict[str, Samples], variant: str, subject: str, pair: ImagePair, frozen: Frozen
) -> None:
    """Features of a prediction (or what stands in its place); its reference's once."""
    features.setdefault(variant, Samples()).add(subject, features_of(pair.pred, pair, frozen))
    if variant == "prediction":
        found = features_of(pair.ref, pair, frozen)
        features.setdefault("reference", Samples()).add(subject, found)


def measure_unpaired(
    settings: Settings,
    features: dict[str, Samples],
    sources: dict[str, str],
    frozen: Frozen,
    tell: Tell,
) -> list[Problem]:
    """Features of all predictions and references, each on its own intensity scale, and of the
    baseline: a folder, or the mean of the references where they share a grid.

    Returns:
        The files that could not be read.
    """
    problems: list[Problem] = []
    mean = _Mean()
    folders: list[tuple[str, Path]] = [("reference", settings.ref), ("prediction", settings.pred)]
    for variant, folder in (("floor", settings.floor), ("baseline", settings.baseline)):
        if folder is not None:
            folders.append((variant, folder))
            sources[variant] = f"folder {folder.name}"
    for variant, folder in folders:
        samples = features.setdefault(variant, Samples())
        for entry in entries(folder).values():
            try:
                image = read_volume(entry)
            except CaseRefused as error:
                problems.append({"file": error.file, "reason": error.reason})
                continue
            samples.add(entry.subject, _own_features(image, frozen))
            tell(f"{variant}: {entry.name}")
            if variant == "reference":
                mean.add(image)
    image_of_mean = mean.image()
    if settings.baseline is None and image_of_mean is not None:
        vectors = _own_features(image_of_mean, frozen)
        features["baseline"] = copies(vectors, features["reference"].subjects())
        sources["baseline"] = MEAN_IMAGE
    return problems


def _own_features(image: Volume, frozen: Frozen) -> dict[str, Array]:
    mask = body_mask(image.array, hounsfield=False)
    low, high = float(image.array.min()), float(image.array.max())
    pair = ImagePair(pred=image, ref=image, mask=mask, value_range=(low, high))
    return features_of(image, pair, frozen)


class _Mean:
    """The mean of images on one grid; none where there are several grids."""

    def __init__(self) -> None:
        self._first: Volume | None = None
        self._sum = np.zeros(0)
        self._count = 0
        self._one_grid = True

    def add(self, image: Volume) -> None:
        if self._first is None:
            self._first, self._sum = image, np.zeros(image.shape)
        self._one_grid &= image.shape == self._first.shape and np.allclose(
            image.affine, self._first.affine, atol=1e-3
        )
        if self._one_grid:
            self._sum += image.array
            self._count += 1

    def image(self) -> Volume | None:
        if self._first is None or not self._one_grid:
            return None
        return self._first.like((self._sum / self._count).astype(np.float32))
