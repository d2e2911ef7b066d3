"""Evaluation of all families, choice of one, and the files that are shipped with their figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.models.followup.config import TREATMENTS, Family
from ml.models.followup.weights import Checkpoint, save
from ml.training.followup import report
from ml.training.followup.baselines import population_of
from ml.training.followup.evaluate import Row, kept, of_baseline, of_network, rows_of
from ml.training.followup.pairs import data_digest, read_case
from ml.training.followup.recipe import Recipe
from ml.training.followup.train import trained_network

PREDICTORS: tuple[Family, ...] = ("regression", "vae", "flow")
Files = Mapping[str, list[Path]]


def shipped(files: Files, runs: Path, checkpoints: Path) -> dict[str, Any]:
    """Evaluate, choose on the validation patients, calibrate on all held-out patients as they are
    at use, and write networks and metrics. Returns the figures."""
    held = [*files["validation"], *files["test"]]
    rows = all_rows(files, runs)
    validation = {read_case(file).name for file in files["validation"]}
    best = chosen(
        {
            family: report.summary([row for row in rows[family] if row["patient"] in validation])
            for family in PREDICTORS
        }
    )
    reader, read_progress = trained_network(Recipe(family="reader"), runs / "reader")
    network, progress = trained_network(Recipe(family=best), runs / best)
    at_use = used_rows(held, runs, best)
    found = kept(
        runs / "evaluation" / f"reader-{read_progress.step}.json",
        lambda: report.reader_rows(held, reader),
    )
    test = [row for row in at_use if row["patient"] not in validation]
    # What the panel says is of everybody held out: choosing among three families on some of them
    # weighs less than that the others are few.
    overall = report.summary(at_use)
    evidence = {
        "beats_carry_forward": report.better_than_carry_forward(at_use, rows["carry-forward"]),
        "delta_rmae_ratio": overall["delta_rmae"],
        "new_tumour_dice": overall["new_dice"],
        "interval_coverage": overall["lesion_coverage"],
        "data": f"held-out simulated, n={len(held)} patients of four anatomies",
    }
    digest = {part: data_digest(list(paths)) for part, paths in files.items()}
    common = {
        "data": {"sha256": digest, "patients": {k: len(v) for k, v in files.items()}},
        "note": "simulated patients; no clinical validity",
    }
    figures: dict[str, Any] = {
        "families": {name: report.summary(found_rows) for name, found_rows in rows.items()},
        "families_test": {
            name: report.summary([r for r in found_rows if r["patient"] not in validation])
            for name, found_rows in rows.items()
        },
        "shipped": best,
        "at_use": overall,
        "at_use_test": report.summary(test),
        "parts": report.parts(at_use, TREATMENTS),
        "evidence": evidence,
        "recipe": _recipe(runs / best),
        "runs": {family: _run(runs / family) for family in PREDICTORS},
        **common,
    }
    checkpoint = Checkpoint(model=network, calibration=report.calibrated(at_use), evidence=evidence)
    notes = {"family": best, "step": str(progress.step), "minutes": f"{progress.seconds / 60:.1f}"}
    _write(checkpoints / "predictor", checkpoint, notes, figures)
    notes = {"step": str(read_progress.step), "minutes": f"{read_progress.seconds / 60:.1f}"}
    read_figures = {"held_out": report.means(found), "recipe": _recipe(runs / "reader")}
    _write(checkpoints / "reader", Checkpoint(model=reader), notes, {**read_figures, **common})
    return figures


def chosen(summaries: Mapping[Family, Mapping[str, float]]) -> Family:
    """The family with the lowest CRPS among those whose image beats carry-forward, else of all."""
    better = [name for name in PREDICTORS if summaries[name]["delta_rmae"] < 1]
    return min(better or PREDICTORS, key=lambda name: summaries[name]["crps"])


def all_rows(files: Files, runs: Path) -> dict[str, list[Row]]:
    """Rows of every family on the held-out patients; those of baselines are kept in ``runs``."""
    cases = [read_case(file) for file in (*files["validation"], *files["test"])]
    population = population_of([read_case(file) for file in files["train"]])
    rows = {
        name: kept(
            runs / "evaluation" / f"{name}.json",
            lambda name=name: rows_of(cases, of_baseline(name, population)),  # type: ignore[misc]
        )
        for name in report.BASELINES
    }
    for family in PREDICTORS:
        network, progress = trained_network(Recipe(family=family), runs / family)
        rows[family] = kept(
            runs / "evaluation" / f"{family}-{progress.step}.json",
            lambda network=network: rows_of(cases, of_network(network)),  # type: ignore[misc]
        )
    return rows


def used_rows(held: list[Path], runs: Path, family: Family) -> list[Row]:
    """Rows of a family as it is at use, behind the reader; kept in ``runs``."""
    reader, _ = trained_network(Recipe(family="reader"), runs / "reader")
    network, progress = trained_network(Recipe(family=family), runs / family)
    return kept(
        runs / "evaluation" / f"at-use-{family}-{progress.step}.json",
        lambda: report.read_rows(held, reader, of_network(network)),
    )


def _recipe(folder: Path) -> dict[str, Any]:
    """The recipe that a run was last started with, which need not be the default one."""
    recipe: dict[str, Any] = json.loads((folder / "recipe.json").read_text())
    return recipe


def _run(folder: Path) -> dict[str, Any]:
    progress: dict[str, Any] = json.loads((folder / "progress.json").read_text())
    return {"steps": progress["step"], "minutes": round(progress["seconds"] / 60, 1)}


def _write(
    stem: Path, checkpoint: Checkpoint, notes: dict[str, str], figures: dict[str, Any]
) -> None:
    digest = save(checkpoint, stem.with_suffix(".safetensors"), notes=notes)
    figures = {**figures, "weights_sha256": digest, "notes": notes}
    stem.with_suffix(".metrics.json").write_text(
        json.dumps(figures, indent=1, sort_keys=True) + "\n"
    )
