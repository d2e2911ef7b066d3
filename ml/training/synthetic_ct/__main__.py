"""``python -m ml.training.synthetic_ct --pairs DIR train|...``: see README.md."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch

from ml.training.synthetic_ct.pairs import Pair, folds, pair_folders, read_pair
from ml.training.synthetic_ct.recipe import FAMILIES, FOLDS, Recipe
from ml.training.synthetic_ct.train import train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.synthetic_ct")
    parser.add_argument("--pairs", type=Path, required=True, help="folder of sts-mr-ct")
    parser.add_argument("--runs", type=Path, default=Path(".data/training/synthetic_ct"))
    tasks = parser.add_subparsers(dest="task", required=True)
    one = tasks.add_parser("train", help="train one family without the patients of one fold")
    one.add_argument("--family", choices=FAMILIES, default="regression")
    one.add_argument("--fold", type=int, default=0)
    chosen = parser.parse_args()
    pairs = aligned_pairs(chosen.pairs)
    _train(pairs, Recipe(family=chosen.family), chosen.fold, chosen.runs)


def aligned_pairs(root: Path) -> list[Pair]:
    """The patients whose CT and MR lie on each other as they are."""
    return [read_pair(folder) for folder in pair_folders(root) if folder.parent.name == "aligned"]


def _train(pairs: list[Pair], recipe: Recipe, fold: int, runs: Path) -> None:
    torch.set_num_threads(int(os.environ.get("SYNOPTIC_THREADS", "2")))
    fold_of = folds([pair.name for pair in pairs], FOLDS)
    chosen = [pair for pair in pairs if fold_of[pair.name] != fold]
    run_dir = runs / f"{recipe.site}-{recipe.family}-{fold}"
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "recipe.json").write_text(json.dumps(recipe.as_dict(), indent=1))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    progress = train(chosen, recipe, run_dir, device=device)
    print(f"{run_dir.name}: step {progress.step}, {progress.seconds:.0f} s")


if __name__ == "__main__":
    main()
