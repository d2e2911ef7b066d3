"""What speaks against a segmentation is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import VoxelClasses
from ml.pipelines.segment_head.segmentation import measured
from tests.ml.pipelines.segment_head.known import KnowingSegmenter, head


def classes_of(truth: Volume) -> VoxelClasses:
    work = KnowingSegmenter(truth).pieces(truth)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: VoxelClasses = end.value
            return found


def codes(truth: Volume, classes: VoxelClasses) -> set[str]:
    return {flag.code for flag in measured(truth, classes).flags}


def test_a_plain_head_has_no_flags() -> None:
    assert codes(head(), classes_of(head())) == set()


def test_a_brain_at_the_edge_is_told_of() -> None:
    whole = head()
    cut = Volume(array=whole.array[:40], affine=whole.affine)
    assert codes(cut, classes_of(cut)) == {"field_of_view"}


def test_hemispheres_of_different_size_are_told_of() -> None:
    truth = head()
    part = truth.array[:, 34:]
    part[part == 2] = 41
    part[part == 3] = 42
    assert "lopsided" in codes(truth, classes_of(truth))


def test_a_brain_of_giants_is_told_of() -> None:
    truth = head()
    big = Volume(array=truth.array, affine=np.diag([6.0, 6.0, 6.0, 1.0]))
    assert codes(big, classes_of(big)) == {"brain_size"}


def test_an_unsure_and_patched_up_segmentation_is_told_of() -> None:
    truth = head()
    sure = classes_of(truth)
    sure.scores.probability.mul_(0.6)
    assert codes(truth, replace(sure, changed_share=0.2)) == {"low_confidence", "fragmented"}
