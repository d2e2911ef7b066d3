"""``python -m ml.training.segment_head``: train, export and evaluate the head segmenter."""

from __future__ import annotations

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from ml.models.head_unet.quality import load_quality
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.models.head_unet.weights import digest_of_file, load, notes_of
from ml.simulate.anatomy import digest_of, load_anatomy
from ml.training.allocator import start_again_with_it
from ml.training.segment_head import evaluate, quality
from ml.training.segment_head.export import export, with_quality
from ml.training.segment_head.recipe import Recipe, split
from ml.training.segment_head.train import train

CHECKPOINT = Path("ml/models/head_unet/checkpoints/head_unet.safetensors")
# Scans of each person that the quality score is learnt from, and seeds of those and of its test.
QUALITY_SCANS = 30
QUALITY_SEEDS = (7_000_000, 8_000_000)


def _label_files(folder: Path | None) -> list[Path]:
    paths = sorted(folder.glob("training_seg_*.nii.gz")) if folder is not None else []
    if not paths:
        raise SystemExit(f"--labels: no training_seg_*.nii.gz in {folder}")
    return paths


def _train(arguments: argparse.Namespace) -> None:
    start_again_with_it("ml.training.segment_head")
    torch.set_num_threads(arguments.threads)
    training, _, _ = split(_label_files(arguments.labels))
    anatomies = [load_anatomy(path, arguments.cache) for path in training]
    cuda = arguments.device != "cpu" and torch.cuda.is_available()
    device = torch.device("cuda" if cuda else "cpu")
    progress = train(
        anatomies, Recipe(), arguments.run_dir, max_steps=arguments.max_steps, device=device
    )
    print(f"stopped at step {progress.step} after {progress.seconds:.0f} s")


def _export(arguments: argparse.Namespace) -> None:
    digest, progress = export(arguments.run_dir, Recipe(), arguments.checkpoint)
    print(f"{arguments.checkpoint}: step {progress.step}, sha256 {digest}")


def _quality(arguments: argparse.Namespace) -> None:
    """Learn to foretell Dice, and put that into the checkpoint: its digest changes."""
    torch.set_num_threads(arguments.threads)
    parts = [
        [load_anatomy(path, arguments.cache) for path in paths]
        for paths in split(_label_files(arguments.labels))
    ]
    segmenter = _segmenter(arguments)
    seen = quality.outcomes(segmenter, parts[1], QUALITY_SCANS, QUALITY_SEEDS[0], print)
    learnt = quality.fit(seen, quality.usual_shares(parts[0]))
    new = quality.outcomes(segmenter, parts[2], QUALITY_SCANS // 2, QUALITY_SEEDS[1], print)
    figures = quality.measure(learnt, seen, new)
    digest = with_quality(arguments.checkpoint, learnt, figures)
    print(json.dumps(figures, indent=1))
    print(f"{arguments.checkpoint}: sha256 {digest}")


def _evaluate(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    files = _label_files(arguments.labels)
    training, _, test = split(files)
    figures = evaluate.figures(
        _segmenter(arguments),
        [load_anatomy(path, arguments.cache) for path in training],
        [load_anatomy(path, arguments.cache) for path in test],
        arguments.real,
        print,
    )
    recipe = Recipe()
    notes = notes_of(arguments.checkpoint)
    report = {
        "checkpoint_sha256": digest_of_file(arguments.checkpoint),
        "data_sha256": digest_of(files),
        "subjects": {"training": [p.name for p in training], "test": [p.name for p in test]},
        "steps": int(notes["step"]),
        "hours": float(notes["hours"]),
        "seed": recipe.seed,
        "evaluation_seeds": evaluate.SEEDS,
        "command": "python -m ml.training.segment_head --labels DIR evaluate --real DIR",
        "software": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "openvino", "numpy", "SimpleITK")},
        },
        "figures": figures | {"quality_score": json.loads(notes.get("quality", "null"))},
        "recipe": recipe.as_dict(),
    }
    path = arguments.checkpoint.with_name("metrics.json")
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {json.dumps(figures['mni152_dice'])}")


def _mosaics(arguments: argparse.Namespace) -> None:
    from ml.training.segment_head.mosaic import heads, mosaic

    torch.set_num_threads(arguments.threads)
    segmenter = _segmenter(arguments)
    for name, image in heads(arguments.real):
        path = arguments.out / f"{name}.png"
        mosaic(segmenter, name, image, path)
        print(path)


def _segmenter(arguments: argparse.Namespace) -> HeadSegmenter:
    path = arguments.checkpoint
    return HeadSegmenter(load(path), quality=load_quality(path), threads=arguments.threads)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.segment_head")
    parser.add_argument("--labels", type=Path, help="folder of label maps (not for mosaics)")
    parser.add_argument("--cache", type=Path, default=Path(".data/cache/anatomy"))
    parser.add_argument("--run-dir", type=Path, default=Path(".data/training/segment_head"))
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--threads", type=int, default=2)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train or resume; see train.py for stop, decay")
    training.add_argument("--max-steps", type=int, default=None)
    training.add_argument("--device", choices=("auto", "cpu"), default="auto")
    training.set_defaults(run=_train)
    commands.add_parser("export", help="write the checkpoint").set_defaults(run=_export)
    learning = commands.add_parser("quality", help="learn the quality score into the checkpoint")
    learning.set_defaults(run=_quality)
    evaluating = commands.add_parser("evaluate", help="write metrics.json")
    evaluating.add_argument("--real", type=Path, default=None, help="folder of real heads: head-mr")
    evaluating.set_defaults(run=_evaluate)
    showing = commands.add_parser("mosaics", help="pictures of real heads with their labels")
    showing.add_argument("--real", type=Path, default=None, help="folder of real heads: head-mr")
    showing.add_argument("--out", type=Path, default=Path(".data/figures/segment_head"))
    showing.set_defaults(run=_mosaics)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
