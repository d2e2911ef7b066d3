"""How well each structure was probably segmented: its Dice, foretold from what the network says.

A ridge regression per label on the logit of Dice, learnt on simulated scans of people whom the
segmenter has never seen (``ml.training.segment_head.quality``). It is bound to the weights it was
learnt for, and lies in the same file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor

from ml.models.head_unet.scores import HeadScores
from ml.simulate import labels

PREFIX = "quality."
FEATURES = (
    "agreement",  # Dice of the likeliest tissue with the probabilities themselves, as logit
    "confidence",  # mean probability of the likeliest tissue where it is this structure
    "mass",  # log of millilitres by probability over millilitres by voxels
    "share",  # log of its share of the brain, in standard deviations from the usual
    "odd share",  # the same without its sign
    "asymmetry",  # |log| of left over right; 0 for what is not paired
    "brain agreement",  # as the first, over the whole brain
    "changed",  # share of the brain that clean-up changed
)
_SHARE = FEATURES.index("share")
# Where Dice is cut before its logit is taken.
_LEAST = 0.02


def label_ids() -> tuple[int, ...]:
    """The label ids that have a score, ascending: the structures of the brain, each side apart."""
    brain = [t for t in labels.TISSUES if t.in_brain]
    return tuple(sorted({i for t in brain for i in (t.left_id, t.right_id)}))


def logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds, of shares cut to 0.02..0.98."""
    cut = np.clip(share, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(cut / (1 - cut)))


@dataclass(frozen=True, slots=True, eq=False)
class StructureQuality:
    """Float64 arrays; L labels as :func:`label_ids` has them, F features.

    ``usual`` (L, 2): mean and sd of the log share of the brain. ``centre``, ``spread`` (L, F) and
    ``weights`` (L, F + 1, the last a constant) of the regression. ``margin`` (L,): half the width
    of the 80 % interval of Dice.
    """

    usual: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    margin: NDArray[np.float64]

    def foretell(self, scores: HeadScores, changed_share: float) -> dict[int, float]:
        """Expected Dice 0..1 by label id; 0 for a structure of which nothing was found."""
        found, raw = features(scores, changed_share)
        rows = (with_usual(raw, self.usual) - self.centre) / self.spread
        dice = 1 / (1 + np.exp(-((rows * self.weights[:, :-1]).sum(axis=1) + self.weights[:, -1])))
        return {
            label_id: float(value) if is_found else 0.0
            for label_id, is_found, value in zip(label_ids(), found, dice, strict=True)
        }

    def tensors(self) -> dict[str, Tensor]:
        """As the checkpoint holds it."""
        return {
            f"{PREFIX}{name}": torch.from_numpy(getattr(self, name)).double().contiguous()
            for name in self.__dataclass_fields__
        }


def load_quality(path: Path) -> StructureQuality | None:
    """The quality model of a checkpoint, None where it has none. The caller checks the digest."""
    with safe_open(path, framework="pt") as stored:
        names = [name for name in stored.keys() if name.startswith(PREFIX)]  # noqa: SIM118
        arrays = {n.removeprefix(PREFIX): stored.get_tensor(n).double().numpy() for n in names}
    return StructureQuality(**arrays) if arrays else None


def features(
    scores: HeadScores, changed_share: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """What the score is made from, one row per label of :func:`label_ids`.

    Returns:
        Whether anything of the structure was found (L,), and the features (L, F); the share of the
        brain still as its logarithm, see :func:`with_usual`.
    """
    value, best = scores.probability.max(dim=0)
    on_left = scores.left > 0.5
    key = (2 * best + on_left).flatten()
    bins = 2 * len(labels.TISSUES)
    count = torch.bincount(key, minlength=bins).double().numpy()
    hit = torch.bincount(key, weights=value.flatten().double(), minlength=bins).numpy()
    mass = np.empty(bins)
    total = scores.probability.sum(dim=(1, 2, 3), dtype=torch.float64).numpy()
    mass[1::2] = (scores.probability * on_left).sum(dim=(1, 2, 3), dtype=torch.float64).numpy()
    mass[::2] = total - mass[1::2]
    keys = [2 * k + side for k, t in enumerate(labels.TISSUES) if t.in_brain for side in (0, 1)]
    brain = max(float(count[keys].sum()), 1.0)
    whole = 2 * hit[keys].sum() / max(count[keys].sum() + mass[keys].sum(), 1.0)
    rows = {}
    for index, tissue in enumerate(labels.TISSUES):
        if not tissue.in_brain:
            continue
        sides = [[2 * index + 1], [2 * index]] if tissue.lateral else [[2 * index, 2 * index + 1]]
        n = [count[side].sum() for side in sides]
        odd = abs(np.log((n[0] + 1) / (n[-1] + 1)))
        for label_id, side, voxels in zip(
            (tissue.left_id, tissue.right_id), sides, n, strict=False
        ):
            matter, agreed = mass[side].sum(), hit[side].sum()
            rows[label_id] = [
                float(logit(np.array(2 * agreed / max(voxels + matter, 1e-6)))),
                agreed / max(voxels, 1.0),
                np.log((matter + 1) / (voxels + 1)),
                np.log((voxels + 1) / brain),
                0.0,
                odd,
                float(logit(np.array(whole))),
                changed_share,
            ]
    table = np.array([rows[i] for i in label_ids()])
    return table[:, 1] > 0, table


def with_usual(raw: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Features (…, L, F) with the share of the brain in standard deviations from the usual."""
    table = raw.copy()
    table[..., _SHARE] = np.clip((raw[..., _SHARE] - usual[:, 0]) / usual[:, 1], -6, 6)
    table[..., _SHARE + 1] = np.abs(table[..., _SHARE])
    return table
