"""The figures of the model card: on held-out simulated heads and on real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import structures
from ml.evaluation.overlap import dice, dice_per_label
from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.training.segment_head import bounds, real, reliability, unusual
from ml.training.segment_head.trials import KINDS, trial, true_labels

Tell = Callable[[str], None]
LABEL_IDS = sorted({i for t in labels.TISSUES for i in (t.left_id, t.right_id)} - {0})
# The structures that the mean is taken over.
BRAIN = structures.BRAIN


SEEDS = (101, 102)
RETESTS = 3


def figures(
    segmenter: HeadSegmenter,
    training: Sequence[Anatomy],
    test: Sequence[Anatomy],
    real_heads: Path | None,
    tell: Tell,
) -> dict[str, Any]:
    """Every figure of the model card. ``training`` gives the trivial baseline, ``test`` people
    have never been seen; ``real_heads`` is the folder head-mr, without which its figures are
    null."""
    found: dict[str, Any] = {
        "mni152_dice": mni152(segmenter),
        "colin27_ml": colin27(segmenter),
        "simulated_dice": simulated(segmenter, test, SEEDS, tell),
        "bounds_dice": held_against(training, test),
        "test_retest_percent": reliability.repeated(segmenter, test, RETESTS, SEEDS[0], tell),
        "between_people_percent": reliability.between_people([*training, *test]),
        "slices_of_5_mm_percent": reliability.thick(segmenter, test, SEEDS[0], tell),
        "contrasts_simulated_percent": {
            anatomy.name: reliability.contrasts(
                segmenter,
                {
                    kind: reliability.scan_again(anatomy, kind, SEEDS[0], 0)
                    for kind in ("T1-like", "T2-like", "FLAIR-like")
                },
                tell,
            )
            for anatomy in test
        },
        "sides": unusual.flipped(segmenter, test, SEEDS[0]),
        "simulated_ct_dice": unusual.simulated_ct(segmenter, test, SEEDS[0]),
        "contrasts_real_ml": None,
        "lesion_called": None,
    }
    if real_heads is not None:
        stroke = real.stroke(real_heads)
        found["contrasts_real_ml"] = reliability.contrasts(segmenter, stroke, tell)
        found["lesion_called"] = unusual.lesion(segmenter, *real.with_lesion(real_heads))
    return found


def by_structure(scores: dict[int, float]) -> dict[str, float]:
    """Mean Dice of both sides per tissue, from Dice per label id."""
    result = {}
    for tissue in labels.TISSUES:
        values = [scores[i] for i in {tissue.left_id, tissue.right_id} if i in scores]
        if values:
            result[tissue.name] = float(np.mean(values))
    return result


def spread(rows: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and sample standard deviation per key, and of each row's mean over the brain."""
    rows = [{**row, "mean of the brain": _mean(row)} for row in rows]
    keys = dict.fromkeys(key for row in rows for key in row)
    table = {}
    for key in keys:
        values = [row[key] for row in rows if key in row]
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        table[key] = {"mean": round(float(np.mean(values)), 4), "sd": round(sd, 4)}
    return table


def _mean(row: dict[str, float]) -> float:
    return float(np.mean([row[name] for name in BRAIN if name in row]))


def simulated(
    segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], seeds: Sequence[int], tell: Tell
) -> dict[str, Any]:
    """Dice per structure on simulated scans of each anatomy, by kind of contrast."""
    figures: dict[str, Any] = {}
    for kind in KINDS:
        rows = []
        for anatomy in anatomies:
            for seed in seeds:
                case = trial(anatomy, kind, seed)
                found = segment_ids(segmenter, case.image)
                rows.append(by_structure(dice_per_label(found, case.truth, LABEL_IDS)))
                tell(f"{case.name}: mean Dice of the brain {_mean(rows[-1]):.3f}")
        figures[kind] = spread(rows)
    return figures


def held_against(training: Sequence[Anatomy], test: Sequence[Anatomy]) -> dict[str, Any]:
    """The trivial baseline and the ceiling of the model's voxel size, on the test anatomies."""
    guess = bounds.atlas(training)
    trivial = [by_structure(dice_per_label(guess, bounds.centred(a), LABEL_IDS)) for a in test]
    ceiling = [
        by_structure(dice_per_label(bounds.through_model_grid(a), true_labels(a), LABEL_IDS))
        for a in test
    ]
    return {"atlas without image": spread(trivial), "truth at the model's voxels": spread(ceiling)}


def mni152(segmenter: HeadSegmenter) -> dict[str, float]:
    """Dice of grey and white matter with MNI152's own maps, cut at one half."""
    head = real.mni152()
    if head.grey is None or head.white is None:
        raise ValueError("MNI152 comes with maps")
    tissue = segmenter.segment(_volume(head.image)).tissue
    grey, white = real.grey_and_white(tissue)
    return {
        "grey matter": round(dice(grey, head.grey), 4),
        "white matter": round(dice(white, head.white), 4),
    }


def colin27(segmenter: HeadSegmenter) -> dict[str, float] | None:
    """Volumes in ml per label id of Colin 27, which has no published truth; None if not there."""
    head = real.colin27()
    if head is None:
        return None
    ids = segment_ids(segmenter, _volume(head.image))
    counts = np.bincount(ids.ravel())
    return {str(i): round(float(counts[i]) / 1000, 2) for i in np.flatnonzero(counts) if i}


def segment_ids(segmenter: HeadSegmenter, image: Volume) -> NDArray[np.int16]:
    """Label ids (z, y, x) on the grid of an image."""
    found = segmenter.segment(image)
    return labels.combine(found.tissue, found.is_left)


def _volume(array: NDArray[np.float32]) -> Volume:
    return Volume(array=array, affine=np.eye(4))
