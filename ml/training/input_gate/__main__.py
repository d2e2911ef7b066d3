"""``python -m ml.training.input_gate``: fit the gate of head MR, and measure what it stops."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch

from ml.dicom.read import read_volume
from ml.models.head_unet.weights import digest_of_file
from ml.models.input_gate.distance import usual
from ml.models.input_gate.features import GROUPS
from ml.models.input_gate.gate import (
    FALSE_ALARMS,
    InputGate,
    calibrated,
    load,
    save,
)
from ml.models.input_gate.sight import Sight, look
from ml.simulate.anatomy import Anatomy, digest_of, load_anatomy
from ml.training.input_gate.evaluation import real, simulated, table_row
from ml.training.input_gate.examples import PICTURE_FAULTS, sights
from ml.training.input_gate.fitting import PENALTY, NetRecipe, fit_picture, fit_planes, fit_view
from ml.training.segment_head.recipe import split

CHECKPOINT = Path("ml/models/input_gate/checkpoints/head_mr.safetensors")
SEED = 31
TRAINING_HEADS, CALIBRATION_HEADS = 144, 600
VIEW = NetRecipe(steps=2600, batch=16, width=8)
PLANES = NetRecipe(steps=2000, batch=16, width=12)


def _files(arguments: argparse.Namespace) -> list[Path]:
    paths = sorted(arguments.labels.glob("training_seg_*.nii.gz"))
    if not paths:
        raise SystemExit(f"no training_seg_*.nii.gz in {arguments.labels}")
    return paths


def _anatomies(arguments: argparse.Namespace, part: int) -> list[Anatomy]:
    """Of the training people (0), those the limit is set on (1), or those for testing (2)."""
    paths = split(_files(arguments))[part]
    return [load_anatomy(path, arguments.cache / "anatomy") for path in paths]


def _calibration(arguments: argparse.Namespace) -> list[Sight]:
    found = sights(
        _anatomies(arguments, 1),
        arguments.cache / "input_gate",
        {"usual": None},
        count=CALIBRATION_HEADS,
        seed=SEED + 1,
    )
    return [sight["usual"] for sight in found]


def _fit(arguments: argparse.Namespace) -> None:
    training = []
    for sight in sights(
        _anatomies(arguments, 0),
        arguments.cache / "input_gate",
        {"usual": None, **PICTURE_FAULTS},
        count=TRAINING_HEADS,
        seed=SEED,
    ):
        training.append(sight)
        if len(training) % 24 == 0:
            print(f"{len(training)} heads", flush=True)
    rows = {name: [sight[name].features for sight in training] for name in training[0]}
    pictures = [
        (sight[name], name == "metal") for sight in training for name in ("usual", "noise", "metal")
    ]
    far = [name for name in rows["usual"][0] if name.split("/")[0] in GROUPS]
    kept = arguments.cache / "input_gate"
    gate = InputGate(
        usual=usual(rows["usual"], far),
        view_net=fit_view(pictures, VIEW, SEED, kept / "view.pt"),
        plane_net=fit_planes(
            [seen for sight in training for name, seen in sight.items() if name != "motion"],
            [sight["motion"] for sight in training],
            PLANES,
            SEED,
            kept / "planes.pt",
        ),
        picture=fit_picture(rows["usual"], rows),
    )
    gate = calibrated(gate, _calibration(arguments))
    digest = save(gate, arguments.checkpoint)
    print(f"{arguments.checkpoint}: limit {gate.limit:.3f}, sha256 {digest}")


def _evaluate(arguments: argparse.Namespace) -> None:
    files = _files(arguments)
    gate = load(arguments.checkpoint)
    calibration, cache = _calibration(arguments), arguments.cache / "input_gate"
    command = "python -m ml.training.input_gate --labels LABELS --real REAL"
    report = {
        "checkpoint": arguments.checkpoint.name,
        "checkpoint_sha256": digest_of_file(arguments.checkpoint),
        "commands": [f"{command} fit", f"{command} evaluate"],
        "false_alarms_aimed_at": FALSE_ALARMS,
        "data_sha256": digest_of(files),
        "seed": SEED,
        "recipe": {
            "training_heads": TRAINING_HEADS,
            "calibration_heads": CALIBRATION_HEADS,
            "picture_penalty": PENALTY,
            "view": dataclasses.asdict(VIEW),
            "planes": dataclasses.asdict(PLANES),
        },
        "subjects": {
            name: [path.name for path in part]
            for name, part in zip(("training", "calibration", "test"), split(files), strict=True)
        },
        "software": {"python": sys.version.split()[0], "torch": torch.__version__},
        "simulated": simulated(gate, _anatomies(arguments, 2), cache, calibration, SEED + 2),
        "real": real(gate, arguments.real, cache, calibration),
    }
    path = arguments.checkpoint.with_suffix(".metrics.json")
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for place in ("simulated", "real"):
        for name, row in report[place].items():
            print(table_row(name, place, row))


def _measure(arguments: argparse.Namespace) -> None:
    gate = load(arguments.checkpoint)
    sight = look(read_volume(arguments.image, "nifti"))
    verdict = gate.judge(sight)
    print(f"score {verdict.score:.2f}", "; ".join(verdict.reasons))
    for judge, place in gate.places(sight).items():
        print(f"{judge:32} {place:8.2f}")
    for name, sd in gate.usual.away(sight.features).items():
        print(f"{name:32} {sight.features[name]:8.3f}  {sd:6.1f} sd")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.input_gate")
    parser.add_argument("--labels", type=Path, help="folder of label maps")
    parser.add_argument(
        "--cache", type=Path, default=Path(".data/cache"), help="what fitting goes on from"
    )
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--real", type=Path, default=None, help="folder of real images")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("fit", help="write the gate").set_defaults(run=_fit)
    commands.add_parser("evaluate", help="write its metrics").set_defaults(run=_evaluate)
    measured = commands.add_parser("measure", help="score of one image, and its features")
    measured.add_argument("image", type=Path)
    measured.set_defaults(run=_measure)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.run(arguments)


if __name__ == "__main__":
    main()
