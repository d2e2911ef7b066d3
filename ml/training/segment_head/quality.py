"""Learns how well each structure was probably segmented, from scans of people the network has not
seen, and measures on others whether what it foretells comes true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from ml.imaging.volume import Volume
from ml.models.head_unet.quality import (
    StructureQuality,
    features,
    label_ids,
    logit,
    with_usual,
)
from ml.models.head_unet.segmenter import VOXEL_MM, HeadSegmenter
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.head import HeadOptions, random_head
from ml.training.segment_head.trials import true_labels

Tell = Callable[[str], None]
# Whole heads, as at use, of every contrast and quality of image that training knows.
SCANS = HeadOptions(
    shape=(144, 160, 144),
    voxel_mm=VOXEL_MM,
    centre_spread_mm=10,
    brain_centre_share=1.0,
    scale=0.12,
    rotation_degrees=10,
    physical_share=0.75,
    t1_share=0.4,
    stripped_share=0.25,
)
_RIDGE = 3.0
_INTERVAL = 0.8
_POOR = 0.6
# A structure needs this many voxels in the truth for its Dice to mean anything.
_LEAST_VOXELS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """N scans: ``raw`` (N, L, F) features, ``dice`` (N, L) with NaN where the truth has no such
    structure, ``person`` (N,) index of the anatomy."""

    raw: NDArray[np.float64]
    dice: NDArray[np.float64]
    person: NDArray[np.int64]


def outcomes(
    segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], scans: int, seed: int, tell: Tell
) -> Outcomes:
    """Segment ``scans`` simulated scans of each anatomy and compare with the truth."""
    raw, dice, person = [], [], []
    for who, anatomy in enumerate(anatomies):
        for number in range(scans):
            head = random_head(anatomy, seed + 1000 * who + number, SCANS)
            image = Volume(array=head.image.numpy(), affine=np.diag([*[VOXEL_MM] * 3, 1.0]))
            found = segmenter.segment(image)
            is_left = (head.side == labels.Side.LEFT).numpy()
            truth = labels.combine(head.tissue.numpy(), is_left)
            raw.append(features(found.scores, found.changed_share)[1])
            dice.append(_dice(labels.combine(found.tissue, found.is_left), truth))
            person.append(who)
            mean = np.nanmean(dice[-1])
            tell(f"{anatomy.name} {number} {head.contrast}: mean Dice of the brain {mean:.3f}")
    return Outcomes(raw=np.array(raw), dice=np.array(dice), person=np.array(person))


def _dice(found: NDArray[np.int16], truth: NDArray[np.int16]) -> NDArray[np.float64]:
    size = max(label_ids()) + 1
    brain = np.isin(np.arange(1 << 10), label_ids())
    a, b = (np.where(brain[one], one, 0).ravel() for one in (found, truth))
    both = np.bincount(a[a == b], minlength=size)
    total = np.bincount(a, minlength=size) + np.bincount(b, minlength=size)
    present = np.bincount(b, minlength=size) >= _LEAST_VOXELS
    values = np.where(present, 2 * both / np.maximum(total, 1), np.nan)
    return values[list(label_ids())]


def usual_shares(anatomies: Sequence[Anatomy]) -> NDArray[np.float64]:
    """Mean and sd (L, 2) of the log share that each label has of the brain."""
    rows = []
    for anatomy in anatomies:
        count = np.bincount(true_labels(anatomy).ravel(), minlength=max(label_ids()) + 1)
        mine = count[list(label_ids())].astype(np.float64)
        rows.append(np.log((mine + 1) / mine.sum()))
    table = np.array(rows)
    return np.stack([table.mean(axis=0), np.maximum(table.std(axis=0, ddof=1), 0.1)], axis=1)


def fit(seen: Outcomes, usual: NDArray[np.float64]) -> StructureQuality:
    """Ridge regression per label. The margin is what four fifths of the errors stay under when
    each person is foretold from the others."""
    quality = _regression(seen, usual, np.ones(len(seen.person), dtype=np.bool_))
    errors = np.full_like(seen.dice, np.nan)
    for who in np.unique(seen.person):
        own = seen.person == who
        other = _regression(seen, usual, ~own)
        errors[own] = np.abs(_foretold(other, seen.raw[own]) - seen.dice[own])
    margin = np.nanquantile(errors, _INTERVAL, axis=0)
    return StructureQuality(
        usual=usual,
        centre=quality.centre,
        spread=quality.spread,
        weights=quality.weights,
        margin=margin,
    )


def _regression(
    seen: Outcomes, usual: NDArray[np.float64], rows: NDArray[np.bool_]
) -> StructureQuality:
    table = with_usual(seen.raw[rows], usual)
    centre, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-3)
    scaled = (table - centre) / spread
    count, width = scaled.shape[1:]
    weights = np.zeros((count, width + 1))
    for index in range(count):
        known = ~np.isnan(seen.dice[rows][:, index])
        x, y = scaled[known, index], logit(seen.dice[rows][known, index])
        middle = y.mean()
        normal = x.T @ x + _RIDGE * np.eye(width)
        weights[index, :-1] = np.linalg.solve(normal, x.T @ (y - middle))
        weights[index, -1] = middle - float(x.mean(axis=0) @ weights[index, :-1])
    return StructureQuality(
        usual=usual, centre=centre, spread=spread, weights=weights, margin=np.zeros(count)
    )


def _foretold(quality: StructureQuality, raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected Dice (N, L) from features (N, L, F)."""
    rows = (with_usual(raw, quality.usual) - quality.centre) / quality.spread
    score = (rows * quality.weights[:, :-1]).sum(axis=2) + quality.weights[:, -1]
    dice: NDArray[np.float64] = 1 / (1 + np.exp(-score))
    return np.where(raw[:, :, 1] > 0, dice, 0.0)


def measure(quality: StructureQuality, seen: Outcomes, new: Outcomes) -> dict[str, float | int]:
    """How near the foretold Dice comes on scans of ``new`` people; beside it what the structure's
    mean over the ``seen`` scans would have said of each."""
    known = ~np.isnan(new.dice)
    foretold, truth = _foretold(quality, new.raw), new.dice
    plain = np.broadcast_to(np.nanmean(seen.dice, axis=0), truth.shape)
    error = np.abs(foretold - truth)[known]
    middle = np.nanmean(truth, axis=0)
    within = np.corrcoef((foretold - middle)[known], (truth - middle)[known])[0, 1]
    poor = truth[known] < _POOR
    covered = np.abs(foretold - truth) <= quality.margin
    return {
        "structures": int(known.sum()),
        "mean absolute error of Dice": round(float(error.mean()), 4),
        "the same of the structure's mean": round(float(np.abs(plain - truth)[known].mean()), 4),
        "correlation within structures": round(float(within), 3),
        "share within the 80 % interval": round(float(covered[known].mean()), 3),
        f"area under the curve for Dice below {_POOR}": round(_auc(-foretold[known], poor), 3),
        "the same of the structure's mean, area": round(_auc(-plain[known], poor), 3),
    }


def _auc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the receiver operating curve (Mann-Whitney), ties halved."""
    ranks, count = rankdata(score), int(positive.sum())
    others = len(score) - count
    if not count or not others:
        return float("nan")
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))
