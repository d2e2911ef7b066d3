"""``python -m ml.training.synthetic_ct --pairs DIR train|...``: see README.md."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path

import torch

from ml.simulate.anatomy import digest_of
from ml.training.allocator import start_again_with_it
from ml.training.segment_head.recipe import split
from ml.training.synthetic_ct import report
from ml.training.synthetic_ct.dose import dose_report
from ml.training.synthetic_ct.pairs import Pair, data_digest, folds, pair_folders, read_pair
from ml.training.synthetic_ct.recipe import FAMILIES, FOLDS, HEAD_VARIANTS, Recipe
from ml.training.synthetic_ct.simulated import head_pairs
from ml.training.synthetic_ct.train import train

CHECKPOINTS = Path("ml/models/synthetic_ct/checkpoints")
RUNS, CACHE = Path(".data/training/synthetic_ct"), Path(".data/cache")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.synthetic_ct")
    parser.add_argument("--pairs", type=Path, required=True, help="folder of sts-mr-ct")
    parser.add_argument("--labels", type=Path, help="folder of synthseg-labels, for the head")
    parser.add_argument("--runs", type=Path, default=RUNS)
    tasks = parser.add_subparsers(dest="task", required=True)
    one = tasks.add_parser("train", help="train one family without the patients of one fold")
    one.add_argument("--site", choices=("extremity", "head"), default="extremity")
    one.add_argument("--family", choices=FAMILIES, default="regression")
    one.add_argument("--fold", type=int, default=0)
    tasks.add_parser("export", help="write the shipped checkpoints from finished runs")
    tasks.add_parser("evaluate", help="measure all finished runs and write the metrics files")
    tasks.add_parser("dose", help="what the errors of each family do to the dose")
    tasks.add_parser("registration", help="what registration does to the patients that need it")
    chosen = parser.parse_args()
    {
        "train": _train_one,
        "export": _export,
        "evaluate": _evaluate,
        "dose": _dose,
        "registration": _register,
    }[chosen.task](chosen)


def _train_one(chosen: argparse.Namespace) -> None:
    start_again_with_it("ml.training.synthetic_ct")
    recipe = Recipe(site=chosen.site, family=chosen.family)
    if chosen.site == "head":
        pairs = simulated_pairs(chosen.labels, 0)
        _train(pairs, recipe, chosen.runs / f"head-{chosen.family}")
    else:
        pairs = aligned_pairs(chosen.pairs)
        fold_of = folds([pair.name for pair in pairs], FOLDS)
        pairs = [pair for pair in pairs if fold_of[pair.name] != chosen.fold]
        _train(pairs, recipe, chosen.runs / f"extremity-{chosen.family}-{chosen.fold}")


def aligned_pairs(root: Path) -> list[Pair]:
    """The patients whose CT and MR lie on each other as they are."""
    return [read_pair(folder) for folder in pair_folders(root) if folder.parent.name == "aligned"]


def simulated_pairs(labels: Path, part: int) -> list[Pair]:
    """Heads of the people of one part (0 training, 1 validation, 2 test) of the segmenter's
    split: nobody is in two parts of either model."""
    files = split(sorted(labels.glob("*.nii.gz")))[part]
    return head_pairs(files, HEAD_VARIANTS, CACHE / "head_pairs", anatomy_cache=CACHE / "anatomy")


def _export(chosen: argparse.Namespace) -> None:
    path = CHECKPOINTS / "extremity.safetensors"
    print(path, report.export_extremity(aligned_pairs(chosen.pairs), chosen.runs, path))
    path = CHECKPOINTS / "extremity-flow.safetensors"
    print(path, report.export_flow(chosen.runs, path))
    path = CHECKPOINTS / "head.safetensors"
    print(path, report.export_head(simulated_pairs(chosen.labels, 1), chosen.runs, path))


def _evaluate(chosen: argparse.Namespace) -> None:
    torch.set_num_threads(int(os.environ.get("SYNOPTIC_THREADS", "2")))
    pairs = aligned_pairs(chosen.pairs)
    found = report.extremity_report(pairs, chosen.runs)
    folders = [folder for folder in pair_folders(chosen.pairs) if folder.parent.name == "aligned"]
    found["data"] = {"pairs": [pair.name for pair in pairs], "sha256": data_digest(folders)}
    found["recipe"] = Recipe().as_dict()
    _written(found, "extremity")
    found = report.head_report(
        simulated_pairs(chosen.labels, 2), CACHE / "head_pairs", CHECKPOINTS / "head.safetensors"
    )
    found["data"] = {"labels": digest_of(sorted(chosen.labels.glob("*.nii.gz")))}
    found["recipe"] = Recipe(site="head").as_dict()
    _written(found, "head")


def _dose(chosen: argparse.Namespace) -> None:
    torch.set_num_threads(int(os.environ.get("SYNOPTIC_THREADS", "2")))
    rows = dose_report(aligned_pairs(chosen.pairs), chosen.pairs, chosen.runs)
    path = CHECKPOINTS / "extremity.dose.json"
    path.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")
    print(path)


def _register(chosen: argparse.Namespace) -> None:
    rows = report.registration_report(chosen.pairs, chosen.runs)
    print(json.dumps(rows, indent=1))


def _written(figures: dict[str, object], site: str) -> None:
    path = CHECKPOINTS / f"{site}.metrics.json"
    figures["weights_sha256"] = hashlib.sha256(
        (CHECKPOINTS / f"{site}.safetensors").read_bytes()
    ).hexdigest()
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    print(path)


def _train(pairs: list[Pair], recipe: Recipe, run_dir: Path) -> None:
    torch.set_num_threads(int(os.environ.get("SYNOPTIC_THREADS", "2")))
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "recipe.json").write_text(json.dumps(recipe.as_dict(), indent=1))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    progress = train(pairs, recipe, run_dir, device=device)
    print(f"{run_dir.name}: step {progress.step}, {progress.seconds:.0f} s")


if __name__ == "__main__":
    main()
