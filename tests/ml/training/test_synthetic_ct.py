"""Training of synthetic CT: the views, the families' losses, folds, and resuming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.imaging.body import body_of_ct, body_of_mr
from ml.models.synthetic_ct.modeling import PlaneUNet
from ml.pipelines.synthetic_ct.fixture import limb
from ml.training.synthetic_ct import evaluate, report
from ml.training.synthetic_ct.families import TISSUES, absolute_error, pinball, tissue_bias
from ml.training.synthetic_ct.pairs import Pair, alignment, folds, pair_folders, read_pair
from ml.training.synthetic_ct.recipe import FAMILIES, FOLDS, Family, Recipe
from ml.training.synthetic_ct.stream import PairStream, Views
from ml.training.synthetic_ct.train import train

TINY = Recipe(steps=6, batch=2, crop=32, channels=(8, 16), warmup_steps=1)


def pair_of(name: str = "one", seed: int = 0) -> Pair:
    mr, ct = limb(shape=(10, 96, 90), seed=seed)
    body, mr_body = body_of_ct(ct), body_of_mr(mr)
    return Pair(
        name=name,
        mr=mr,
        ct=np.where(body, ct.array, -1000).astype(np.float32),
        body=body,
        mr_body=mr_body,
        valid=np.ones_like(body),
        registered=False,
    )


@pytest.fixture(scope="module")
def pair() -> Pair:
    return pair_of()


def test_views_keep_mr_and_ct_together(pair: Pair) -> None:
    views = PairStream([pair], (-1, 0, 1), crop=64, seed=1).draw(0, 4)
    assert views.planes.shape == (4, 3, 64, 64)
    middle, fat = views.planes[:, 1:2], (views.ct > -0.13) & (views.ct < -0.07)
    muscle = (views.ct > 0.0) & (views.ct < 0.1)
    assert float(middle[fat].median()) > 1.5 * float(middle[muscle].median())


def test_the_same_step_gives_the_same_views(pair: Pair) -> None:
    stream = PairStream([pair], (0,), crop=32, seed=1)
    assert torch.equal(stream.draw(7, 2).planes, stream.draw(7, 2).planes)
    assert not torch.equal(stream.draw(7, 2).planes, stream.draw(8, 2).planes)


def test_losses_are_what_they_say() -> None:
    ct = torch.zeros(1, 1, 8, 8)
    ct[..., 4:] = 1.0
    weight = torch.ones_like(ct)
    weight[..., 0, :] = 0
    views = Views(planes=torch.zeros(1, 5, 8, 8), ct=ct, weight=weight)
    assert float(absolute_error(ct + 0.1, views)) == pytest.approx(0.1)
    wrong_where_unknown = ct.clone()
    wrong_where_unknown[..., 0, :] = 9
    assert float(absolute_error(wrong_where_unknown, views)) == 0
    # Below the truth costs the level, above it the rest.
    assert float(pinball(ct - 1, views, 0.05)) == pytest.approx(0.05)
    assert float(pinball(ct + 1, views, 0.05)) == pytest.approx(0.95)
    assert TISSUES[2][0] == 0.0
    noise = 0.2 * torch.randn(1, 1, 64, 64)
    flat = Views(
        planes=torch.zeros(1, 5, 64, 64),
        ct=torch.full((1, 1, 64, 64), 0.05),
        weight=torch.ones(1, 1, 64, 64),
    )
    assert float(tissue_bias(flat.ct + noise - noise.mean(), flat)) < 1e-3
    assert float(tissue_bias(flat.ct + 0.1, flat)) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_and_predicts(family: Family, pair: Pair, tmp_path: Path) -> None:
    recipe = replace(TINY, family=family)
    progress = train([pair], recipe, tmp_path)
    assert progress.step == recipe.steps
    model, _ = report.trained(tmp_path, recipe)
    made = evaluate.predictor(model, recipe)(pair)
    assert made.shape == pair.ct.shape
    assert np.isfinite(made).all()
    assert "mae" in evaluate.figures(made, pair)


def test_a_stopped_run_goes_on_and_an_unfinished_one_is_not_reported(
    pair: Pair, tmp_path: Path
) -> None:
    (tmp_path / "stop").parent.mkdir(exist_ok=True)
    whole = train([pair], TINY, tmp_path / "whole")
    half = replace(TINY, steps=3)
    train([pair], half, tmp_path / "halved")
    with pytest.raises(ValueError, match="step 3 of 6"):
        report.trained(tmp_path / "halved", TINY)
    assert train([pair], TINY, tmp_path / "halved").step == whole.step


def test_folds_hold_everybody_once() -> None:
    found = folds([f"P{i}" for i in range(14)], FOLDS)
    assert set(found.values()) == set(range(FOLDS))
    assert len(found) == 14
    assert folds(["b", "a"], 2) == {"a": 0, "b": 1}


def test_figures_of_the_truth_and_of_water(pair: Pair) -> None:
    perfect = evaluate.figures(pair.ct, pair)
    assert perfect["mae"] == 0
    assert perfect["bone_dice"] == 1
    assert evaluate.figures(evaluate.water(pair), pair)["mae"] > 80
    means = evaluate.class_means([pair])
    assert evaluate.figures(evaluate.true_bulk(pair, means), pair)["mae"] < 25
    from_mr = evaluate.threshold_bulk([pair])(pair)
    assert (
        evaluate.figures(from_mr, pair)["mae"] < evaluate.figures(evaluate.water(pair), pair)["mae"]
    )


def test_a_network_of_one_family_is_read_back_as_it_is(tmp_path: Path) -> None:
    assert PlaneUNet(replace(TINY, family="flow").model).config.extra == 2
    assert report.finished_folds(tmp_path, "regression") == []


@pytest.mark.realdata
def test_the_real_pairs_lie_on_each_other(realdata: Path) -> None:
    folders = pair_folders(realdata / "sts-mr-ct")
    assert len(folders) == 17
    found = alignment(read_pair(next(f for f in folders if f.name == "STS_048")))
    assert found["body_dice"] > 0.95
    assert found["bone_to_muscle"] < 0.8
