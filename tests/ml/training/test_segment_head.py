"""The training of the head segmenter, with a network of a few thousand weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.evaluation.overlap import dice_per_label
from ml.models.head_unet import weights
from ml.models.head_unet.modeling import unfold
from ml.pipelines.segment_head.fixture import TINY
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.head import HeadOptions
from ml.simulate.phantom import ellipsoid_head
from ml.training.run_state import Progress
from ml.training.segment_head import bounds, evaluate
from ml.training.segment_head.export import averaged_model, export
from ml.training.segment_head.loss import at_offset, soft_dice_loss
from ml.training.segment_head.recipe import Recipe, split, subject_of
from ml.training.segment_head.train import finished, learning_rate, train
from ml.training.segment_head.trials import KINDS, T1_NAMES, trial, true_labels

SMALL = HeadOptions(shape=(16, 16, 16), voxel_mm=3.0, centre_spread_mm=4)
RECIPE = Recipe(model=TINY, stages=((1_000, SMALL),), final_heads=SMALL, warmup_steps=4)


def anatomy() -> Anatomy:
    """The phantom at 4 mm, taken as a small head at 1 mm."""
    codes = labels.encode(ellipsoid_head((56, 58, 48), (4.0, 4.0, 4.0)).array)
    in_brain = np.array([t.in_brain for t in labels.TISSUES])[labels.code_to_tissue()[codes]]
    distance = np.where(in_brain, 0, 9).astype(np.uint8)
    return Anatomy(name="phantom", codes=codes, brain_distance=distance)


def test_sub_voxels_are_those_of_folding() -> None:
    parts = torch.arange(8.0)[None, :, None, None, None].expand(1, 8, 2, 2, 2)
    volume = unfold(parts)[:, 0]
    for offset in range(8):
        assert (at_offset(volume, offset) == offset).all()


def test_dice_loss_is_nothing_for_the_truth_and_near_one_for_its_opposite() -> None:
    truth = torch.tensor([0, 1] * 500)
    right = torch.nn.functional.one_hot(truth, 3).float()
    assert soft_dice_loss(right, truth) < 1e-6
    assert soft_dice_loss(right[:, [1, 0, 2]], truth) > 0.99


def test_the_rate_warms_up_stays_and_falls_to_nothing() -> None:
    def rate(step: int, start: int | None = None) -> float:
        return learning_rate(RECIPE, Progress(step=step, decay_start=start, decay_steps=10))

    assert rate(0) == RECIPE.learning_rate / 4
    assert rate(50) == rate(5_000) == RECIPE.learning_rate
    falling = [rate(100 + n, 100) for n in range(11)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == pytest.approx(0)


def test_files_in_the_run_directory_steer_the_run(tmp_path: Path) -> None:
    progress = Progress(step=7)
    assert not finished(tmp_path, progress, None)
    (tmp_path / "decay").write_text("5\n")
    assert not finished(tmp_path, progress, None)
    assert (progress.decay_start, progress.decay_steps) == (7, 5)
    progress.step = 12
    assert finished(tmp_path, progress, None)
    (tmp_path / "stop").touch()
    assert finished(tmp_path, Progress(), None)


def test_subjects_are_split_for_good() -> None:
    paths = [Path(f"training_seg_{n:02d}.nii.gz") for n in range(1, 17)]
    training, validation, test = split(paths)
    assert [subject_of(p) for p in validation] == [4, 12]
    assert [subject_of(p) for p in test] == [9, 16]
    assert sorted([*training, *validation, *test]) == paths


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    head = [anatomy()]
    train(head, RECIPE, tmp_path / "whole", max_steps=4)
    train(head, RECIPE, tmp_path / "parts", max_steps=2)
    assert train(head, RECIPE, tmp_path / "parts", max_steps=4).step == 4
    whole, _ = averaged_model(tmp_path / "whole", RECIPE)
    parts, progress = averaged_model(tmp_path / "parts", RECIPE)
    assert progress.step == 4
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_training_learns_and_exports_what_it_learnt(tmp_path: Path) -> None:
    recipe = replace(RECIPE, ema_decay=0.5)
    train([anatomy()], recipe, tmp_path, max_steps=60)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["total"] < 0.85 * rows[0]["total"]
    digest, progress = export(tmp_path, recipe, tmp_path / "tiny.safetensors")
    shipped = weights.load(tmp_path / "tiny.safetensors", digest=digest)
    average, _ = averaged_model(tmp_path, recipe)
    assert progress.step == 60
    for a, b in zip(average.parameters(), shipped.parameters(), strict=True):
        assert torch.allclose(a, b, atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_repeats_and_has_the_contrast_asked_for(kind: str) -> None:
    first, again = trial(anatomy(), kind, 3), trial(anatomy(), kind, 3)
    assert np.array_equal(first.image.array, again.image.array)
    assert first.image.shape == first.truth.shape
    assert first.name.split("/")[1] in KINDS[kind]


def test_white_matter_is_brighter_than_fluid_in_t1_and_darker_in_t2() -> None:
    assert set(KINDS["T1-like"]) == set(T1_NAMES)
    bright = {}
    for kind in ("T1-like", "T2-like"):
        case = trial(anatomy(), kind, 3)
        bright[kind] = case.image.array[case.truth == 2].mean() / max(
            float(np.median(case.image.array[case.truth == 24])), 1e-3
        )
    assert bright["T1-like"] > 1.2 > 0.9 > bright["T2-like"]


def test_an_atlas_of_one_head_is_that_head() -> None:
    assert np.array_equal(bounds.atlas([anatomy()]), bounds.centred(anatomy()))


def test_the_truth_passes_the_models_grid_nearly_unharmed() -> None:
    passed = bounds.through_model_grid(anatomy())
    scores = dice_per_label(passed, true_labels(anatomy()), (2, 41, 3, 42))
    assert all(0.75 < score < 1 for score in scores.values())


def test_figures_are_means_over_sides_and_heads() -> None:
    rows = [
        evaluate.by_structure({17: 0.8, 53: 0.6, 16: 0.9}),
        evaluate.by_structure({17: 0.9, 53: 0.9, 16: 0.9}),
    ]
    table = evaluate.spread(rows)
    assert table["hippocampus"] == {"mean": 0.8, "sd": pytest.approx(0.1414, abs=1e-4)}
    assert table["mean of the brain"]["mean"] == pytest.approx(0.85)
