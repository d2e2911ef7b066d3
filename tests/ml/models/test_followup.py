"""Parts of follow-up prediction: distances, samplers, intervals, figures of change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ml.models.followup.calibration import Calibration, factor_of, widening
from ml.models.followup.change import crps, delta_rmae, dice, front_hd95, new_tissue_dice
from ml.models.followup.config import CONDITION_PLANES, CONDITION_SCALARS, CROP
from ml.models.followup.predictor import Base, Samples, cropped, curve_days, placed
from ml.models.followup.sampling import flow_samples, vae_samples
from ml.models.followup.state import Question, condition, occupied, signed_distance
from ml.models.followup.weights import Checkpoint, load, save
from ml.pipelines.predict_followup.fixture import tiny_predictor


def ball(radius_mm: float, size: int = 32) -> np.ndarray:
    axis = 2.0 * (np.arange(size) - size / 2 + 0.5)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    away = np.sqrt(z**2 + y**2 + x**2)
    share: np.ndarray = np.clip(0.5 + (radius_mm - away) / 2, 0, 1)
    return share


@pytest.mark.parametrize("radius_mm", [6.3, 9.0, 14.2])
def test_a_border_gives_back_the_volume_it_was_made_of(radius_mm: float) -> None:
    share = ball(radius_mm)
    back = occupied(torch.from_numpy(signed_distance(share)))
    assert float(back.sum()) == pytest.approx(share.sum(), rel=0.04)


def test_nothing_lies_outside_everywhere() -> None:
    assert (signed_distance(np.zeros((4, 4, 4))) == -3).all()


def test_all_samples_together_are_the_samples_one_by_one() -> None:
    model = tiny_predictor()

    def network(planes: Tensor, scalars: Tensor) -> Tensor:
        with torch.inference_mode():
            out: Tensor = model(planes, scalars)
            return out

    planes = torch.randn(CONDITION_PLANES, 16, 16, 16, generator=torch.Generator().manual_seed(1))
    scalars = Question(days=90, treatment=1).scalars()
    assert len(scalars) == CONDITION_SCALARS
    ways = [
        list(flow_samples(network, planes, scalars, count=3, steps=2, seed=5, batched=batched))
        for batched in (True, False)
    ]
    assert len(ways[0]) == 2
    assert torch.allclose(ways[0][-1], ways[1][-1], atol=1e-4)
    assert not torch.allclose(ways[0][-1][0], ways[0][-1][1], atol=1e-4)


def test_a_flow_of_zeros_ends_at_carry_forward() -> None:
    def network(planes: Tensor, scalars: Tensor) -> Tensor:
        return torch.zeros(len(planes), 4, *planes.shape[2:])

    planes, scalars = torch.zeros(CONDITION_PLANES, 8, 8, 8), torch.zeros(CONDITION_SCALARS)
    *_, last = flow_samples(network, planes, scalars, count=2, steps=4, seed=0)
    assert (last == 0).all()


def test_the_prior_is_its_border_and_its_speed() -> None:
    base, brain = torch.zeros(4, 2, 2, 2), torch.ones(2, 2, 2)
    planes = condition(base + 1, brain, torch.zeros(2, 2, 2), Question(
        days=90, treatment=0, prior_days=50))  # fmt: skip
    assert (planes[-1] == 2).all()
    assert (condition(base, brain, None, Question(days=9, treatment=0))[-2:] == 0).all()


def test_the_factor_holds_nine_patients_of_ten() -> None:
    """Split-conformal: of exchangeable patients 90 % of the next ones lie inside, on average."""
    draw, inside = np.random.default_rng(3), []
    for _ in range(400):
        scores = np.abs(draw.standard_normal(20))
        inside.append(scores[0] <= factor_of([[s] for s in scores[1:]]))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.05)


def test_a_patient_with_many_predictions_counts_once() -> None:
    many = [[9.0] * 100] + [[1.0]] * 20
    assert factor_of(many) == 1.0


def test_an_interval_is_wider_beyond_the_training_data() -> None:
    calibration = Calibration(lesion=2.0, ventricle=1.0, patients=9)
    inner, edge, outer = (
        calibration.interval([9.0, 10.0, 11.0], 8.0, days) for days in (100, 480, 845)
    )
    assert widening(480) == 1
    assert inner.upper < edge.upper
    assert outer.upper - outer.median > 2 * (edge.upper - edge.median)
    assert 10.5 in inner
    assert calibration.interval([0.1], 0.1, 100).lower >= 0


def test_figures_of_change_are_one_for_carry_forward() -> None:
    was, now = ball(8) > 0.5, ball(14) > 0.5
    base, actual = was.astype(float), now.astype(float)
    where = np.ones(was.shape, dtype=bool)
    assert delta_rmae(base, base, actual, where) == 1
    assert delta_rmae(actual, base, actual, where) == 0
    assert np.isnan(delta_rmae(base, base, base, where))
    assert new_tissue_dice(was, was, now) == 0
    assert new_tissue_dice(now, was, now) == 1
    assert new_tissue_dice(now, now, was) is None
    assert dice(was, was) == 1
    assert front_hd95(was, now, (2, 2, 2)) == pytest.approx(6, abs=1.5)
    assert crps(np.array([3.0]), 5.0) == 2
    assert crps(np.array([4.0, 6.0]), 5.0) < 1


def test_volumes_outside_the_crop_stay() -> None:
    state = torch.full((4, *CROP), -3.0)
    state[3] = 0
    base = Base(state=state, brain=torch.ones(CROP), start=(0, 0, 0), lesion_ml=7, ventricle_ml=20)
    samples = Samples(base=base, residual=torch.zeros(2, 4, *CROP))
    assert samples.lesion_ml == [7, 7]
    assert samples.ventricle_ml == [20, 20]


def test_the_image_changes_where_the_border_moves_and_small_errors_elsewhere_are_left_out() -> None:
    state = torch.full((4, *CROP), -3.0)
    state[3] = 0.5
    base = Base(state=state, brain=torch.ones(CROP), start=(0, 0, 0), lesion_ml=1, ventricle_ml=20)
    residual = torch.zeros(3, 4, *CROP)
    residual[:, 0] = 0.4
    residual[:, 1, 30:32, 30:32, 30:32] = 5
    residual[:, 3] = 0.01
    residual[:, 3, :2, :2, :2] = 0.25
    samples = Samples(base=base, residual=residual)
    changed = samples.middle[0] > 0
    assert changed[30:32, 30:32, 30:32].all()
    assert changed[29, 30, 30]
    assert int(changed.sum()) == 8 + 6 * 4
    assert samples.ventricle_ml == pytest.approx([20 + 8 * 0.25 * 0.008] * 3)


def test_a_vae_draws_the_same_samples_in_any_number_of_portions() -> None:
    planes, scalars = torch.rand(7, 8, 8, 8), torch.rand(12)

    def network(inputs: Tensor, numbers: Tensor) -> Tensor:
        return inputs[:, :4] * numbers.sum(1)[:, None, None, None, None]

    at_once = list(vae_samples(network, planes, scalars, count=5, steps=1, seed=3))
    by_parts = list(vae_samples(network, planes, scalars, count=5, steps=3, seed=3))
    assert [len(one) for one in by_parts] == [2, 4, 5]
    assert torch.allclose(by_parts[-1], at_once[0])
    assert [
        len(one) for one in vae_samples(network, planes, scalars, count=2, steps=9, seed=0)
    ] == [
        1,
        2,
    ]


@pytest.mark.parametrize("start", [(0, 0, 0), (-10, 5, 20), (40, -30, 3)])
def test_a_crop_comes_back_to_its_place(start: tuple[int, int, int]) -> None:
    whole = np.random.default_rng(0).random((50, 70, 60)).astype(np.float32)
    base = Base(
        state=torch.zeros(4, 1, 1, 1), brain=torch.zeros(1, 1, 1), start=start,
        lesion_ml=0, ventricle_ml=0,
    )  # fmt: skip
    back = placed(cropped(whole, start), base, whole.shape)
    assert np.array_equal(back[back != 0], whole[back != 0])
    assert (back != 0).any()


def test_the_curve_ends_at_the_target() -> None:
    days = curve_days(180)
    assert days == sorted(set(days))
    assert days[-1] == 180


def test_a_checkpoint_keeps_what_belongs_to_it(tmp_path: Path) -> None:
    model, evidence = tiny_predictor(), {"beats_carry_forward": True}
    calibration = Calibration(lesion=2.5, ventricle=1.5, patients=20)
    first = save(
        Checkpoint(model=model, calibration=calibration, evidence=evidence), tmp_path / "a"
    )
    read = load(tmp_path / "a")
    assert read.calibration == calibration
    assert read.evidence == evidence
    assert save(read, tmp_path / "b") == first
