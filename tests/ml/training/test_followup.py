"""Training of follow-up prediction: which pairs there are, and that a run goes on where it was."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from ml.models.followup.config import TREATMENTS
from ml.models.followup.state import occupied, signed_distance
from ml.training.followup import baselines
from ml.training.followup.baselines import Population
from ml.training.followup.pairs import BASE, Case, Triple, triples
from ml.training.followup.recipe import Recipe
from ml.training.followup.stream import PairStream
from ml.training.followup.train import train, trained_network

RADII = (7.0, 9.0, 10.0, 12.0, 14.0, 16.0, 18.0)


def growing(treatment: str = "none", size: int = 32) -> Case:
    """A ball in white matter whose radius grows by 1 mm in 40 days."""
    axis = 2.0 * (np.arange(size) - size / 2 + 0.5)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    away = np.sqrt(z**2 + y**2 + x**2)
    shares = [np.clip(0.5 + (radius - away) / 2, 0, 1) for radius in RADII]
    cores = [np.clip(0.5 + (radius - 5 - away) / 2, 0, 1) for radius in RADII]
    visible = np.stack([signed_distance(share) for share in shares]).astype(np.float16)
    count = len(RADII)
    return Case(
        name="ball",
        anatomy="ball",
        treatment=TREATMENTS.index(treatment),
        days=np.array([40.0 * (radius - RADII[BASE]) for radius in RADII], dtype=np.float32),
        rates=(0.05, 0.02),
        image=np.stack([1 + 0.6 * share for share in shares]).astype(np.float16),
        visible=visible,
        core=np.stack([signed_distance(share) for share in cores]).astype(np.float16),
        ventricle=np.zeros((count, size, size, size), dtype=np.float16),
        tissue=np.ones((count, size, size, size), dtype=np.uint8),
        share=np.stack([255 * occupied(torch.from_numpy(v).float()).numpy() for v in visible])
        .round()
        .astype(np.uint8),
        ventricle_ml=np.full(count, 20.0),
    )


def test_what_follows_a_treatment_has_the_visit_before_it_as_base() -> None:
    case = growing("radiotherapy")
    for triple in triples(case):
        question = triple.question(case)
        assert triple.base < triple.follow
        if triple.follow > BASE:
            assert triple.base == BASE
            assert question.treatment == TREATMENTS.index("radiotherapy")
        else:
            assert question.treatment == 0
    untreated = growing()
    assert {t.question(untreated).treatment for t in triples(untreated)} == {0}
    assert len(list(triples(untreated))) > len(list(triples(case)))


def test_views_of_a_step_are_always_the_same() -> None:
    first, second = (PairStream([growing()], seed=3, noise=0.03).draw(7, 2) for _ in range(2))
    assert torch.equal(first.planes, second.planes)
    assert torch.equal(first.residual, second.residual)
    other = PairStream([growing()], seed=3, noise=0.03).draw(8, 2)
    assert not torch.equal(first.planes, other.planes)


def test_linear_extrapolation_is_right_where_growth_is_linear() -> None:
    case, triple = growing(), Triple(BASE, 4, 0)
    base = case.state(BASE)
    residual = baselines.linear(case, triple, base, Population(speed=0.5))
    near = case.state(4)[1].abs() < 0.5
    error = (base[1] + residual[0, 1] - case.state(4)[1])[near].abs()
    assert float(error.mean()) < 0.12
    # Without a prior the population's speed counts.
    slow = baselines.linear(case, Triple(BASE, 4, None), base, Population(speed=0.0))
    assert float(slow.abs().max()) < 1e-6


def test_a_fitted_growth_model_grows_in_the_right_direction() -> None:
    case, triple = growing(), Triple(BASE, 4, 0)
    base = case.state(BASE)
    later = base + baselines.fisher_kpp(case, triple, base, Population(speed=0.03))[0]
    volumes = [float((state[1] > 0).sum()) for state in (base, later, case.state(4))]
    assert volumes[0] < volumes[1]
    assert abs(volumes[1] / volumes[2] - 1) < 0.6


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    file = tmp_path / "data" / "ball-0.npz"
    file.parent.mkdir()
    draw = np.random.default_rng(0)
    head = (2, 16, 16, 16)
    masks = {
        f"head_{name}": (draw.random(head) > 0.5).astype(np.uint8) * 255
        for name in ("visible", "core", "ventricle", "tissue")
    }
    image = draw.random(head).astype(np.float16)
    with file.open("wb") as stream:
        np.savez(stream, allow_pickle=False, head_image=image, **masks)
    recipe = Recipe(family="reader", batch=1, max_steps=1, minutes=60)
    assert train([file], recipe, tmp_path / "run").step == 1
    longer = dataclasses.replace(recipe, max_steps=2)
    before, _ = trained_network(longer, tmp_path / "run")
    assert train([file], longer, tmp_path / "run").step == 2
    after, progress = trained_network(longer, tmp_path / "run")
    assert progress.step == 2
    assert not torch.equal(before.stem.weight, after.stem.weight)
