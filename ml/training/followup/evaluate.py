"""Figures of change of one family on held-out simulated patients, a row for each prediction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ml.evaluation.ssim import ssim_and_ms_ssim
from ml.models.followup.change import crps, delta_rmae, dice, front_hd95, new_tissue_dice
from ml.models.followup.modeling import FollowNet
from ml.models.followup.predictor import Base, Samples, last_of, sampled
from ml.training.followup import baselines
from ml.training.followup.baselines import Population
from ml.training.followup.pairs import Case, Triple

SPACING = (2.0, 2.0, 2.0)
SAMPLES, STEPS = 8, 4
# Less new tissue than this is too little for an overlap to mean anything.
LEAST_NEW_VOXELS = 60
Predict = Callable[[Case, Triple, Base], Samples]
Row = dict[str, Any]


def base_of_case(case: Case, triple: Triple, *, noise: float, seed: int) -> Base:
    """The base with its true masks and noise in the image."""
    state = case.state(triple.base)
    generator = torch.Generator().manual_seed(seed)
    state[0] += noise * torch.randn(state[0].shape, generator=generator)
    return Base(
        state=state,
        brain=case.brain(triple.base),
        start=(0, 0, 0),
        lesion_ml=case.lesion_ml(triple.base),
        ventricle_ml=float(case.ventricle_ml[triple.base]),
    )


def of_network(model: FollowNet, *, seed: int = 0) -> Predict:
    """Eight samples of a family; one of a regression."""

    def predict(case: Case, triple: Triple, base: Base) -> Samples:
        prior = None if triple.prior is None else case.state(triple.prior)[1]
        return last_of(
            sampled(
                model, base, triple.question(case), prior=prior, count=SAMPLES, steps=STEPS,
                seed=seed,
            )
        )  # fmt: skip

    return predict


def of_baseline(name: str, population: Population) -> Predict:
    """carry-forward, linear or fisher-kpp."""

    def predict(case: Case, triple: Triple, base: Base) -> Samples:
        if name == "carry-forward":
            residual = baselines.carry_forward(base.state)
        elif name == "linear":
            residual = baselines.linear(case, triple, base.state, population)
        else:
            residual = baselines.fisher_kpp(case, triple, base.state, population)
        return Samples(base=base, residual=residual)

    return predict


def rows_of(cases: list[Case], predict: Predict, *, noise: float = 0.02) -> Iterator[Row]:
    """One row a prediction: see :func:`figures`."""
    for number, case in enumerate(cases):
        for triple in baselines.evaluated():
            base = base_of_case(case, triple, noise=noise, seed=number)
            yield figures(case, triple, predict(case, triple, base))


def figures(case: Case, triple: Triple, samples: Samples) -> Row:
    """Volumes in ml, distances in mm; the change is that of the noise-free truth."""
    question, middle = triple.question(case), samples.middle
    before, after = case.state(triple.base), case.state(triple.follow)
    brain = case.brain(triple.base).numpy() > 0
    was, now = (np.asarray(s[1]) > 0 for s in (before, after))
    made = samples.middle_visible.numpy() >= 0.5
    change = (before[0] + middle[0]).numpy()
    truth_ml = case.lesion_ml(triple.follow)
    ventricle = float(case.ventricle_ml[triple.follow] - case.ventricle_ml[triple.base])
    guess = float(np.median(samples.ventricle_ml)) - samples.base.ventricle_ml
    return {
        "patient": case.name,
        "anatomy": case.anatomy,
        "days": round(question.days, 1),
        "treatment": question.treatment,
        "prior": triple.prior is not None,
        "delta_rmae": delta_rmae(change, before[0].numpy(), after[0].numpy(), brain),
        "dice": dice(made, now),
        "new_dice": _new(made, was, now),
        "hd95": front_hd95(made, now, SPACING),
        "base_ml": samples.base.lesion_ml,
        "truth_ml": truth_ml,
        "samples_ml": [round(v, 3) for v in samples.lesion_ml],
        "crps": crps(np.asarray(samples.lesion_ml), truth_ml),
        "ventricle_change": ventricle,
        "ventricle_error": abs(guess - ventricle),
        "ventricle_samples_ml": [round(v, 4) for v in samples.ventricle_ml],
        "ventricle_base_ml": samples.base.ventricle_ml,
        "ventricle_truth_ml": float(case.ventricle_ml[triple.follow]),
        **_pixel(change, after[0], brain),
    }


def _new(made: np.ndarray, was: np.ndarray, now: np.ndarray) -> float | None:
    if int((now & ~was).sum()) < LEAST_NEW_VOXELS:
        return None
    return new_tissue_dice(made, was, now)


def _pixel(made: np.ndarray, truth: Tensor, brain: np.ndarray) -> Row:
    error = (made - truth.numpy())[brain].astype(np.float64)
    return {
        "psnr": float(10 * np.log10(4.0 / max(1e-9, float(np.mean(error**2))))),
        "ssim": float(ssim_and_ms_ssim(made, truth.numpy(), brain, (0.0, 2.0))[0]),
    }


def kept(path: Path, make: Callable[[], Iterator[Row]]) -> list[Row]:
    """Rows from ``path``, or made and kept there: baselines take minutes and do not change."""
    if path.exists():
        rows: list[Row] = json.loads(path.read_text())
        return rows
    rows = list(make())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))
    return rows
