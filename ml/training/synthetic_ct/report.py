"""From runs to figures and shipped checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from ml.models.synthetic_ct import usual, weights
from ml.models.synthetic_ct.calibration import Held, calibrate, coverage
from ml.models.synthetic_ct.modeling import PlaneUNet
from ml.models.synthetic_ct.synthesiser import Synthesiser
from ml.models.synthetic_ct.weights import Checkpoint
from ml.training.run_state import Progress
from ml.training.synthetic_ct import evaluate
from ml.training.synthetic_ct.pairs import (
    NEEDS_REGISTRATION,
    Pair,
    alignment,
    folds,
    pair_folders,
    read_pair,
)
from ml.training.synthetic_ct.recipe import FAMILIES, FOLDS, SHIPPED_FOLD, Family, Recipe
from ml.training.synthetic_ct.simulated import floor_of, stored_labels

Figures = dict[str, float]


def trained(run_dir: Path, recipe: Recipe) -> tuple[PlaneUNet, Progress]:
    """The averaged weights of a finished run.

    Raises:
        FileNotFoundError: the run has saved nothing.
        ValueError: it has not come to its last step.
    """
    model = PlaneUNet(recipe.model)
    with safe_open(run_dir / "state.safetensors", framework="pt") as stored:
        progress = Progress(**json.loads(stored.metadata()["progress"]))
        model.load_state_dict(
            {name: stored.get_tensor(f"average/{name}") for name in model.state_dict()}
        )
    if progress.step < recipe.steps:
        raise ValueError(f"{run_dir.name} is at step {progress.step} of {recipe.steps}")
    return model.eval(), progress


def finished_folds(runs: Path, family: Family) -> list[int]:
    """The folds whose run has come to its end."""
    done = []
    for fold in range(FOLDS):
        path = runs / f"extremity-{family}-{fold}" / "progress.json"
        if path.exists() and json.loads(path.read_text())["step"] >= Recipe(family=family).steps:
            done.append(fold)
    return done


def by_patient(pairs: Sequence[Pair], runs: Path, family: Family) -> dict[str, Figures]:
    """Figures of every patient by the network that did not see it; a finished run is measured
    once and its figures kept beside it."""
    recipe = Recipe(family=family)
    fold_of = folds([pair.name for pair in pairs], FOLDS)
    rows: dict[str, Figures] = {}
    for fold in finished_folds(runs, family):
        run_dir = runs / f"extremity-{family}-{fold}"
        kept = run_dir / "figures.json"
        if not kept.exists():
            model, _ = trained(run_dir, recipe)
            predict = evaluate.predictor(model, recipe)
            mine = [pair for pair in pairs if fold_of[pair.name] == fold]
            measured = {pair.name: evaluate.figures(predict(pair), pair) for pair in mine}
            kept.write_text(json.dumps(measured, indent=1))
        rows |= json.loads(kept.read_text())
    return rows


def baselines(pairs: Sequence[Pair]) -> dict[str, dict[str, Figures]]:
    """Water, bulk density from the MR and bulk density by true classes, by patient; what is
    fitted is fitted without the patients of the same fold."""
    fold_of = folds([pair.name for pair in pairs], FOLDS)
    rows: dict[str, dict[str, Figures]] = {
        "water": {},
        "bulk from MR": {},
        "bulk, true classes": {},
    }
    for fold in range(FOLDS):
        others = [pair for pair in pairs if fold_of[pair.name] != fold]
        means, from_mr = evaluate.class_means(others), evaluate.threshold_bulk(others)
        for pair in (pair for pair in pairs if fold_of[pair.name] == fold):
            rows["water"][pair.name] = evaluate.figures(evaluate.water(pair), pair)
            rows["bulk from MR"][pair.name] = evaluate.figures(from_mr(pair), pair)
            true = evaluate.true_bulk(pair, means)
            rows["bulk, true classes"][pair.name] = evaluate.figures(true, pair)
    return rows


def held_out(
    pairs: Sequence[Pair], runs: Path, *, without: int | None = None
) -> dict[str, tuple[Held, NDArray[np.float64]]]:
    """What calibration and the judge of unusual images learn from, by patient; the patients of
    the fold ``without`` are left out."""
    recipe, fold_of = Recipe(), folds([pair.name for pair in pairs], FOLDS)
    found = {}
    for fold in finished_folds(runs, "regression"):
        if fold == without:
            continue
        model, _ = trained(runs / f"extremity-regression-{fold}", recipe)
        for pair in (pair for pair in pairs if fold_of[pair.name] == fold):
            found[pair.name] = evaluate.held_out(model, pair)
    return found


def coverages(held: Mapping[str, Held]) -> dict[str, Figures]:
    """Coverage of each patient by margins found on the others."""
    return {
        name: coverage(mine, calibrate([other for key, other in held.items() if key != name]))
        for name, mine in held.items()
    }


def mean_of(rows: Mapping[str, Figures]) -> Figures:
    """Mean over patients of each figure."""
    names = {name for row in rows.values() for name in row}
    return {
        name: round(fmean(row[name] for row in rows.values() if name in row), 4)
        for name in sorted(names)
    }


def extremity_report(pairs: Sequence[Pair], runs: Path) -> dict[str, Any]:
    """All figures of the limbs: families and baselines on the patients that every finished family
    has in common, the default on all of them, coverage with each patient left out."""
    families = {family: by_patient(pairs, runs, family) for family in FAMILIES}
    simple = baselines(pairs)
    present: dict[str, dict[str, Figures]] = {
        str(name): rows for name, rows in families.items() if rows
    }
    shared = set.intersection(*(set(rows) for rows in present.values()))
    table = {
        name: mean_of({key: row for key, row in rows.items() if key in shared})
        for name, rows in {**simple, **present}.items()
    }
    covered = coverages({name: item for name, (item, _) in held_out(pairs, runs).items()})
    return {
        "default": {"mean": mean_of(families["regression"]), "patients": families["regression"]},
        "baselines": {name: mean_of(rows) for name, rows in simple.items()},
        "families": {"patients": sorted(shared), "means": table},
        "coverage": {"mean": mean_of(covered), "patients": covered},
    }


def export_extremity(pairs: Sequence[Pair], runs: Path, path: Path) -> str:
    """Write the network of the shipped fold; its margins and its idea of the usual come from the
    other folds' patients, so that its own stay held out. Returns the SHA-256."""
    recipe = Recipe()
    model, progress = trained(runs / f"extremity-regression-{SHIPPED_FOLD}", recipe)
    known = held_out(pairs, runs, without=SHIPPED_FOLD)
    checkpoint = Checkpoint(
        model=model,
        calibration=calibrate([held for held, _ in known.values()]),
        usual=usual.learn([row for _, row in known.values()]),
    )
    return weights.save(checkpoint, path, notes=notes_of(recipe, progress))


def export_flow(runs: Path, path: Path) -> str:
    """Write the flow of the shipped fold, which draws alternatives: uncalibrated."""
    recipe = Recipe(family="flow")
    model, progress = trained(runs / f"extremity-flow-{SHIPPED_FOLD}", recipe)
    return weights.save(Checkpoint(model=model), path, notes=notes_of(recipe, progress))


def export_head(validation: Sequence[Pair], runs: Path, path: Path) -> str:
    """Write the head's network, calibrated on the people of the validation part."""
    recipe = Recipe(site="head")
    model, progress = trained(runs / "head-regression", recipe)
    known = [evaluate.held_out(model, pair) for pair in validation]
    checkpoint = Checkpoint(
        model=model,
        calibration=calibrate([held for held, _ in known]),
        usual=usual.learn([row for _, row in known]),
    )
    return weights.save(checkpoint, path, notes=notes_of(recipe, progress))


def head_report(pairs: Sequence[Pair], cache: Path, path: Path) -> dict[str, Any]:
    """Figures of the shipped head network on simulated people it never saw. ``floor``: error of
    the mean of every true label, which texture and noise leave to anybody; a bare simulated error
    says nothing, its ratio to the floor does."""
    checkpoint = weights.load(path)
    synthesiser = Synthesiser(checkpoint)
    rows: dict[str, dict[str, Figures]] = {"regression": {}, "floor": {}, "bulk from MR": {}}
    covered: dict[str, Figures] = {}
    from_mr = evaluate.threshold_bulk(list(pairs))
    for pair in pairs:
        made = synthesiser.run(pair.mr)
        rows["regression"][pair.name] = evaluate.figures(made.middle.array, pair)
        truth = floor_of(stored_labels(cache, pair.name), pair.ct)
        rows["floor"][pair.name] = evaluate.figures(truth, pair)
        rows["bulk from MR"][pair.name] = evaluate.figures(from_mr(pair), pair)
        held, _ = evaluate.held_out(checkpoint.model, pair)
        if checkpoint.calibration is not None:
            covered[pair.name] = coverage(held, checkpoint.calibration)
    means = {name: mean_of(found) for name, found in rows.items()}
    return {
        "families": {"mean": means, "patients": sorted(rows["floor"])},
        "ratio_to_floor": round(means["regression"]["mae"] / means["floor"]["mae"], 3),
        "coverage": {"mean": mean_of(covered), "patients": covered},
    }


def registration_report(root: Path, runs: Path) -> dict[str, Any]:
    """Patients whose CT and MR do not lie on each other: alignment and error of networks that saw
    none of them, before and after the CT is deformed onto the MR."""
    model, _ = trained(runs / f"extremity-regression-{SHIPPED_FOLD}", Recipe())
    predict = evaluate.predictor(model, Recipe())
    rows: dict[str, Any] = {}
    for folder in pair_folders(root):
        if folder.parent.name != NEEDS_REGISTRATION:
            continue
        rows[folder.name] = {}
        for title, wanted in (("as they are", False), ("registered", True)):
            pair = read_pair(folder, runs / "registered", register=wanted)
            rows[folder.name][title] = {
                **alignment(pair),
                **evaluate.figures(predict(pair), pair),
            }
    return rows


def notes_of(recipe: Recipe, progress: Progress) -> dict[str, str]:
    return {
        "step": str(progress.step),
        "minutes": f"{progress.seconds / 60:.1f}",
        "seed": str(recipe.seed),
        "family": recipe.family,
    }
