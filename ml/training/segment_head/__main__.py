"""``python -m ml.training.segment_head``: train, export and evaluate the head segmenter."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ml.simulate.anatomy import load_anatomy
from ml.training.segment_head.export import export
from ml.training.segment_head.recipe import Recipe, split
from ml.training.segment_head.train import train

CHECKPOINT = Path("ml/models/head_unet/checkpoints/head_unet.safetensors")


def _label_files(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("training_seg_*.nii.gz"))
    if not paths:
        raise SystemExit(f"no training_seg_*.nii.gz in {folder}")
    return paths


def _train(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    training, _, _ = split(_label_files(arguments.labels))
    anatomies = [load_anatomy(path, arguments.cache) for path in training]
    progress = train(anatomies, Recipe(), arguments.run_dir, max_steps=arguments.max_steps)
    print(f"stopped at step {progress.step} after {progress.seconds:.0f} s")


def _export(arguments: argparse.Namespace) -> None:
    digest, progress = export(arguments.run_dir, Recipe(), arguments.checkpoint)
    print(f"{arguments.checkpoint}: step {progress.step}, sha256 {digest}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.segment_head")
    parser.add_argument("--labels", type=Path, required=True, help="folder of label maps")
    parser.add_argument("--cache", type=Path, default=Path(".data/cache/anatomy"))
    parser.add_argument("--run-dir", type=Path, default=Path(".data/training/segment_head"))
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train or resume; see train.py for stop, decay")
    training.add_argument("--threads", type=int, default=2)
    training.add_argument("--max-steps", type=int, default=None)
    training.set_defaults(run=_train)
    exporting = commands.add_parser("export", help="write the checkpoint from the last state")
    exporting.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    exporting.set_defaults(run=_export)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
