"""The shipped checkpoint on heads that it must get right."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ml.dicom.nifti import read_nifti
from ml.evaluation.overlap import dice, dice_per_label
from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.models.head_unet.weights import load
from ml.runtime.registry import manifest_of
from ml.runtime.weights import verified_path
from ml.simulate import labels
from ml.simulate.anatomy import load_anatomy
from ml.training.segment_head import evaluate
from ml.training.segment_head.real import COLIN27
from ml.training.segment_head.trials import trial

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def segmenter() -> HeadSegmenter:
    return HeadSegmenter(load(verified_path(manifest_of("segment_head").weights[0])), threads=2)


def mirrored(image: Volume) -> Volume:
    """The head seen in a mirror, on the grid of the original."""
    return image.like(np.ascontiguousarray(np.flip(image.array, axis=2)))


@pytest.mark.skipif(not COLIN27.exists(), reason="Debian package mricron-data is not installed")
def test_colin_27_has_the_volumes_of_an_adult_and_sides_that_turn_with_the_head(
    segmenter: HeadSegmenter,
) -> None:
    image = read_nifti(COLIN27)
    found = segmenter.segment(image)
    ids = labels.combine(found.tissue, found.is_left)
    ml = np.bincount(ids.ravel()) * image.voxel_ml
    for pair, least, most in (
        ((17, 53), 2.5, 7.5), ((4, 43), 8, 28), ((10, 49), 5, 13), ((11, 50), 3, 8),
        ((12, 51), 4, 12), ((2, 41), 200, 360), ((3, 42), 220, 420), ((8, 47), 45, 95),
    ):  # fmt: skip
        assert all(least < ml[i] < most for i in pair), pair
    x = np.indices(ids.shape, dtype=np.float32)[2] * image.affine[0, 0] + image.affine[0, 3]
    for left_id, right_id in ((17, 53), (4, 43), (12, 51), (3, 42)):
        # The patient's left lies where x grows in LPS.
        assert x[ids == left_id].mean() > 5 > -5 > x[ids == right_id].mean()
    turned = segmenter.segment(mirrored(image))
    back = np.flip(labels.combine(turned.tissue, turned.is_left), axis=2)
    for left_id, right_id in ((17, 53), (4, 43), (12, 51), (3, 42), (8, 47)):
        same = dice(back == right_id, ids == left_id)
        wrong = dice(back == left_id, ids == left_id)
        assert same > 0.8, left_id
        assert wrong < 0.05, left_id


@pytest.mark.realdata
def test_a_held_out_simulated_head_is_far_above_what_an_atlas_reaches(
    segmenter: HeadSegmenter, tmp_path: Path
) -> None:
    fallback = Path(__file__).parents[4] / ".." / "shared" / "data"
    folder = Path(os.environ.get("SYNOPTIC_REALDATA_DIR", fallback)) / "synthseg-labels"
    path = folder / "training_seg_09.nii.gz"
    if not path.exists():
        pytest.skip("the label maps of synthseg-labels are not beside the repository")
    case = trial(load_anatomy(path, tmp_path), "T1-like", seed=7)
    found = evaluate.segment_ids(segmenter, case.image)
    scores = evaluate.by_structure(dice_per_label(found, case.truth, evaluate.LABEL_IDS))
    # Without an image, an atlas reaches 0.59, 0.43, 0.72 and 0.41.
    assert scores["cerebral white matter"] > 0.75
    assert scores["cerebral cortex"] > 0.6
    assert scores["thalamus"] > 0.75
    assert np.mean([scores[name] for name in evaluate.BRAIN]) > 0.6
