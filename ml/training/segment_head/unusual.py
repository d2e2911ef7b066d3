"""What the segmenter does with images it was not made for: a lesion, a CT, a head turned over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.overlap import dice_per_label
from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.render import ct
from ml.training.segment_head.trials import Trial, trial, true_labels

Table = dict[str, float]
_BRAIN_IDS = sorted({i for t in labels.TISSUES if t.in_brain for i in (t.left_id, t.right_id)})


def lesion(segmenter: HeadSegmenter, image: Volume, mask: NDArray[np.bool_]) -> dict[str, Table]:
    """What a lesion is called: the share of its voxels (z, y, x) that each tissue gets, of ten in
    a hundred and more; and what the same places on the other side are called."""
    found = segmenter.segment(image)
    mirrored = _mirrored(image, mask)
    return {
        "lesion": _shares(found.tissue[mask]),
        "the same places on the other side": _shares(found.tissue[mirrored]),
    }


def _mirrored(image: Volume, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask turned over along the axis of the grid that runs from right to left, about the
    middle of the head."""
    axis = 2 - int(np.argmax(np.abs(image.affine[0, :3])))
    bright = image.array > 0.2 * np.quantile(image.array, 0.99)
    filled = np.flatnonzero(bright.any(axis=tuple(a for a in range(3) if a != axis)))
    turned = np.zeros_like(mask)
    places = list(np.nonzero(mask))
    places[axis] = np.clip(filled[0] + filled[-1] - places[axis], 0, mask.shape[axis] - 1)
    turned[tuple(places)] = True
    return turned


def _shares(tissue: NDArray[np.uint8]) -> Table:
    count = np.bincount(tissue, minlength=len(labels.TISSUES)) / max(len(tissue), 1)
    return {
        labels.TISSUES[k].name: round(float(count[k]), 3)
        for k in np.argsort(-count)
        if count[k] >= 0.1
    }


def simulated_ct(segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], seed: int) -> Table:
    """Mean Dice of the brain on simulated CT of each anatomy, which no MR contrast looks like."""
    return {
        anatomy.name: round(
            _brain(
                segmenter,
                Trial(
                    name=anatomy.name,
                    kind="CT",
                    image=Volume(
                        array=ct(true_labels(anatomy), seed).astype(np.float32), affine=np.eye(4)
                    ),
                    truth=true_labels(anatomy),
                ),
            ),
            4,
        )
        for anatomy in anatomies
    }


def flipped(segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], seed: int) -> dict[str, Table]:
    """Sides, on T1-like scans of each anatomy.

    ``wrong side``: share of the voxels of paired structures, found where they are, that are called
    left on the right or right on the left. ``stored differently``: share of the head's voxels that
    are called otherwise when the same scan is stored with its three axes reversed. ``mirrored``:
    the wrong side of a mirrored head, whose left is where its right was.
    """
    figures: dict[str, Table] = {}
    for anatomy in anatomies:
        case = trial(anatomy, "T1-like", seed)
        found = _ids(segmenter, case.image)
        stored = _reversed(case.image)
        again = _ids(segmenter, stored)[::-1, ::-1, ::-1]
        mirror = Volume(array=case.image.array[:, :, ::-1].copy(), affine=case.image.affine)
        mirrored = _ids(segmenter, mirror)[:, :, ::-1]
        head = (found > 0) | (again > 0)
        figures[anatomy.name] = {
            "wrong side": round(_wrong_side(found, case.truth), 6),
            "stored differently": round(float((found != again)[head].mean()), 6),
            "mirrored": round(_wrong_side(mirrored, _other_side(case.truth)), 6),
        }
    return figures


def _reversed(image: Volume) -> Volume:
    """The same scan, stored from the other end along each axis."""
    affine = image.affine.copy()
    x, y, z = (size - 1 for size in reversed(image.shape))
    affine[:3, 3] = (image.affine @ np.array([x, y, z, 1.0]))[:3]
    affine[:3, :3] *= -1
    return Volume(array=image.array[::-1, ::-1, ::-1].copy(), affine=affine)


_LEFT = np.array([t.left_id for t in labels.TISSUES if t.lateral])
_RIGHT = np.array([t.right_id for t in labels.TISSUES if t.lateral])


def _other_side(ids: NDArray[np.int16]) -> NDArray[np.int16]:
    table = np.arange(max(int(ids.max()), int(_RIGHT.max())) + 1, dtype=np.int16)
    table[_LEFT], table[_RIGHT] = _RIGHT, _LEFT
    return table[ids]


def _wrong_side(found: NDArray[np.int16], truth: NDArray[np.int16]) -> float:
    paired = np.isin(truth, np.concatenate([_LEFT, _RIGHT]))
    right, wrong = (found == truth)[paired].sum(), (found == _other_side(truth))[paired].sum()
    return float(wrong / max(right + wrong, 1))


def _ids(segmenter: HeadSegmenter, image: Volume) -> NDArray[np.int16]:
    found = segmenter.segment(image)
    return labels.combine(found.tissue, found.is_left)


def _brain(segmenter: HeadSegmenter, case: Trial) -> float:
    scores = dice_per_label(_ids(segmenter, case.image), case.truth, _BRAIN_IDS)
    return float(np.mean([scores[i] for i in _BRAIN_IDS if i in scores]))
