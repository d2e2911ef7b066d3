"""``python -m ml.training.followup --labels DIR generate|...``: see README.md."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch

from ml.training.allocator import start_again_with_it
from ml.training.followup.export import shipped
from ml.training.followup.pairs import case_files
from ml.training.followup.recipe import FAMILIES, Recipe
from ml.training.followup.simulated import generate
from ml.training.followup.train import train
from ml.training.segment_head.recipe import split

CACHE = Path(".data/cache")
PAIRS = CACHE / "followup_pairs"
RUNS = Path(".data/training/followup")
CHECKPOINTS = Path("ml/models/followup/checkpoints")
PARTS = ("train", "validation", "test")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.followup")
    parser.add_argument("--labels", type=Path, required=True, help="folder of synthseg-labels")
    tasks = parser.add_subparsers(dest="task", required=True)
    one = tasks.add_parser("generate", help="simulate patients")
    one.add_argument("--part", choices=PARTS, default="train")
    one.add_argument("--patients", type=int, default=5, help="of each label map")
    one.add_argument("--first", type=int, default=0)
    learn = tasks.add_parser("train", help="train one family on the generated patients")
    learn.add_argument("--family", choices=FAMILIES, required=True)
    learn.add_argument("--minutes", type=float, default=Recipe().minutes)
    learn.add_argument("--runs", type=Path, default=RUNS)
    tasks.add_parser("evaluate", help="compare the families and write what is shipped")
    chosen = parser.parse_args()
    start_again_with_it("ml.training.followup")
    torch.set_num_threads(int(os.environ.get("SYNOPTIC_THREADS", "2")))
    if chosen.task == "evaluate":
        _evaluate()
    else:
        {"generate": _generate, "train": _train}[chosen.task](chosen)


def files_of(labels: Path, part: str) -> list[Path]:
    """Label maps of one part: the segmenter's split, so that nobody is in two parts."""
    index = PARTS.index(part)
    return split(sorted(labels.glob("*.nii.gz")))[index]


def _generate(chosen: argparse.Namespace) -> None:
    generate(
        files_of(chosen.labels, chosen.part),
        chosen.patients,
        PAIRS / chosen.part,
        anatomy_cache=CACHE / "anatomy",
        first=chosen.first,
    )


def _train(chosen: argparse.Namespace) -> None:
    recipe = Recipe(family=chosen.family, minutes=chosen.minutes)
    progress = train(case_files(PAIRS / "train"), recipe, chosen.runs / chosen.family)
    print(f"{chosen.family}: step {progress.step}, {progress.seconds:.0f} s")


def _evaluate() -> None:
    files = {part: case_files(PAIRS / part) for part in PARTS}
    print(json.dumps(shipped(files, RUNS, CHECKPOINTS), indent=1))


if __name__ == "__main__":
    main()
