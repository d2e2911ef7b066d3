"""The simulator: label key, transforms, contrasts, prescribed volume change. Nothing is mocked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.pipelines.segment_head.fixture import phantom_labels
from ml.simulate import labels, mr, render
from ml.simulate.anatomy import Anatomy
from ml.simulate.atrophy import atrophy_warp, volume_change
from ml.simulate.deform import pull_field, sample_nearest
from ml.simulate.head import HeadOptions, random_head
from ml.simulate.intensity import normalise
from ml.simulate.warp import warp

UNIT = (1.0, 1.0, 1.0)


def _anatomy() -> Anatomy:
    codes = labels.encode(phantom_labels())
    brain = np.array([t.in_brain for t in labels.TISSUES])[labels.code_to_tissue()[codes]]
    return Anatomy(name="phantom", codes=codes, brain_distance=np.where(brain, 0, 9).astype("u1"))


def test_mirroring_twice_is_the_identity_and_swaps_sides() -> None:
    mirrored = labels.mirrored_code()
    side = labels.code_to_side()
    assert np.array_equal(mirrored[mirrored], np.arange(len(mirrored)))
    lateral = side != labels.Side.MIDLINE
    assert np.array_equal(side[mirrored][lateral], 3 - side[lateral])
    assert np.array_equal(labels.code_to_tissue()[mirrored], labels.code_to_tissue())


def test_unknown_label_id_is_refused() -> None:
    with pytest.raises(ValueError, match="999"):
        labels.encode(np.array([[[0, 999]]]))


def test_combine_gives_freesurfer_ids_by_side() -> None:
    hippocampus = np.full(2, labels.tissue_index("hippocampus"), dtype=np.uint8)
    assert labels.combine(hippocampus, np.array([True, False])).tolist() == [17, 53]


def test_identity_transform_keeps_labels() -> None:
    codes = torch.from_numpy(labels.encode(phantom_labels()))
    centre = torch.tensor([(size - 1) / 2 for size in codes.shape])
    pull = pull_field(codes.shape, centre=centre, affine=torch.eye(3))
    assert torch.equal(sample_nearest(codes, pull), codes)


def test_same_seed_same_head_and_sides_stay_where_they_belong() -> None:
    options = HeadOptions(
        shape=(32, 32, 32),
        rotation_degrees=0,
        scale=0,
        warp_sd_mm=0,
        stripped_share=0,
        centre_spread_mm=0,
        brain_centre_share=1,
    )
    for seed in range(6):  # some of these are mirrored
        head = random_head(_anatomy(), seed, options)
        again = random_head(_anatomy(), seed, options)
        assert torch.equal(head.image, again.image)
        x = torch.arange(32).expand(32, 32, 32)
        left = x[head.side == labels.Side.LEFT].float().mean()
        assert left > x[head.side == labels.Side.RIGHT].float().mean()


def test_fluid_is_dark_on_mprage_and_flair_and_bright_on_t2() -> None:
    t1, t2, pd = (torch.tensor(v) for v in ([830.0, 4000.0], [80.0, 1500.0], [0.7, 1.0]))
    mprage = mr.mprage(
        t1, t2, pd, repetition_ms=2300, inversion_ms=900, echo_spacing_ms=7, echo_ms=3,
        flip_degrees=9,
    )  # fmt: skip
    t2w = mr.spin_echo(t1, t2, pd, repetition_ms=5000, echo_ms=100)
    flair = mr.flair(t1, t2, pd, repetition_ms=9000, inversion_ms=2400, echo_ms=100)
    assert mprage[0] > 2 * mprage[1]
    assert t2w[1] > 2 * t2w[0]
    assert flair[0] > flair[1]


def test_signal_equations_reach_their_limits() -> None:
    t1, t2, pd = torch.tensor([1000.0]), torch.tensor([100.0]), torch.tensor([0.8])
    full = mr.spin_echo(t1, t2, pd, repetition_ms=1e6, echo_ms=0.0)
    right_angle = mr.spoiled_gradient_echo(
        t1, t2, pd, repetition_ms=1e6, echo_ms=0.0, flip_degrees=90
    )
    assert full.item() == pytest.approx(0.8)
    assert right_angle.item() == pytest.approx(0.8)
    with pytest.raises(ValueError, match="echo train"):
        mr.mprage(
            t1, t2, pd, repetition_ms=2300, inversion_ms=100, echo_spacing_ms=7, echo_ms=3,
            flip_degrees=9,
        )  # fmt: skip


def test_ventricles_grow_as_prescribed() -> None:
    ids = phantom_labels()
    target = {4: 0.15, 43: 0.10}
    displacement = atrophy_warp(ids, UNIT, target)
    for label_id, change in target.items():
        assert volume_change(ids, displacement, UNIT, label_id) == pytest.approx(change, abs=0.01)
    warped = warp(ids.astype(np.float32), displacement, UNIT, order=1)
    assert warped.shape == ids.shape
    # The head keeps its size: skin and bone hardly move.
    assert abs(volume_change(ids, displacement, UNIT, 511)) < 0.01


def test_atrophy_refuses_what_it_cannot_do() -> None:
    ids = phantom_labels()
    with pytest.raises(ValueError, match="not in the volume"):
        atrophy_warp(ids, UNIT, {17: 0.1})
    with pytest.raises(ValueError, match="relative change"):
        atrophy_warp(ids, UNIT, {4: 3.0})


def test_rendered_t1_and_ct_order_tissues_as_scanners_do() -> None:
    ids = phantom_labels()
    image, hounsfield = render.t1w(ids, 1, bias=0.0), render.ct(ids, 1)
    assert image[ids == 2].mean() > image[ids == 3].mean() > image[ids == 4].mean()
    assert hounsfield[ids == 515].mean() > 500 > hounsfield[ids == 2].mean() > 0
    assert hounsfield[:2].mean() < -950


def test_normalising_ignores_scale_and_offset_and_survives_a_constant() -> None:
    image = torch.rand(20, 20, 20)
    assert torch.allclose(normalise(image), normalise(300 * image), atol=1e-4)
    assert normalise(torch.full((4, 4, 4), 7.0)).abs().max() == 0
