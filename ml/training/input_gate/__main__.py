"""``python -m ml.training.input_gate``: fit the gate of head MR, and measure what it stops."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import torch

from ml.dicom.read import read_volume
from ml.imaging.volume import Volume
from ml.models.input_gate.features import measure
from ml.models.input_gate.gate import FALSE_ALARMS, InputGate, Verdict, fit, load, save
from ml.simulate.anatomy import Anatomy, digest_of, load_anatomy
from ml.simulate.draw import Draw
from ml.training.input_gate.shifts import SHIFTS
from ml.training.input_gate.usual import usual_features, usual_head
from ml.training.segment_head.real import COLIN27
from ml.training.segment_head.recipe import split

CHECKPOINT = Path("ml/models/input_gate/checkpoints/head_mr.safetensors")
SEED = 31
TRAINING_HEADS, CALIBRATION_HEADS, TEST_HEADS, SHIFTED_HEADS = 600, 400, 200, 40

# Real images, by what should become of them; paths under the folder of real data.
REAL_USUAL = (
    "head-mr/T1_head_ext2.nii.gz",
    "head-mr/clinical_T2.nii.gz",
    "head-mr/seg3D_MR.nii.gz",
    "head-mr/stroke_*.nii.gz",
    "ms-longitudinal/*/study*_*.nii.gz",
)
REAL_UNUSUAL = {
    "other body part, MR": ("body/example_mr_sm.nii.gz", "sts-mr-ct/*/*/mr_t1.nii.gz"),
    "other body part, CT": ("body/totalseg_example_ct_3mm.nii.gz", "sts-mr-ct/*/*/ct.nii.gz"),
    "CT of a head given as MR": ("head-ct/ct_brain_atlas_1mm.nii.gz",),
}


def _files(arguments: argparse.Namespace) -> list[Path]:
    paths = sorted(arguments.labels.glob("training_seg_*.nii.gz"))
    if not paths:
        raise SystemExit(f"no training_seg_*.nii.gz in {arguments.labels}")
    return paths


def _anatomies(paths: Iterable[Path], cache: Path) -> list[Anatomy]:
    return [load_anatomy(path, cache) for path in paths]


def _fit(arguments: argparse.Namespace) -> None:
    training, held_out, _ = split(_files(arguments))
    rows = list(
        usual_features(_anatomies(training, arguments.cache), count=TRAINING_HEADS, seed=SEED)
    )
    calibration = list(
        usual_features(
            _anatomies(held_out, arguments.cache), count=CALIBRATION_HEADS, seed=SEED + 1
        )
    )
    gate = fit(rows, calibration)
    digest = save(gate, arguments.checkpoint)
    print(f"{arguments.checkpoint}: limit {gate.limit:.3f}, sha256 {digest}")


def _share(verdicts: list[Verdict]) -> dict[str, float | int]:
    refused = sum(not verdict.accepted for verdict in verdicts)
    return {
        "images": len(verdicts),
        "refused": refused,
        "share": round(refused / len(verdicts), 4),
        "median_score": round(sorted(v.score for v in verdicts)[len(verdicts) // 2], 3),
    }


def _simulated(gate: InputGate, anatomies: list[Anatomy]) -> dict[str, object]:
    usual = [gate.judge(row) for row in usual_features(anatomies, count=TEST_HEADS, seed=SEED + 2)]
    found: dict[str, object] = {"usual": _share(usual)}
    for name, shift in SHIFTS.items():
        verdicts = []
        for number in range(SHIFTED_HEADS):
            seed = (SEED + 3) * 1_000_003 + number
            head = usual_head(anatomies[number % len(anatomies)], seed)
            verdicts.append(gate.check(shift(Draw(seed), head)))
        found[name] = _share(verdicts)
        print(f"{name}: {found[name]}", flush=True)
    return found


def _volumes(folder: Path, patterns: Iterable[str]) -> dict[str, Volume]:
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return {str(path.relative_to(folder)): read_volume(path, "nifti") for path in paths}


def _real(gate: InputGate, folder: Path | None) -> dict[str, object]:
    found: dict[str, object] = {}
    usual = {"colin27": read_volume(COLIN27, "nifti")} if COLIN27.exists() else {}
    if folder is not None:
        usual |= _volumes(folder, REAL_USUAL)
    found["usual"] = {name: _told(gate.check(volume)) for name, volume in usual.items()}
    for kind, patterns in REAL_UNUSUAL.items():
        if folder is not None:
            found[kind] = {
                name: _told(gate.check(v)) for name, v in _volumes(folder, patterns).items()
            }
    return found


def _told(verdict: Verdict) -> dict[str, object]:
    return {"score": round(verdict.score, 3), "refused": not verdict.accepted}


def _evaluate(arguments: argparse.Namespace) -> None:
    files = _files(arguments)
    training, held_out, test = split(files)
    gate = load(arguments.checkpoint)
    report = {
        "checkpoint": arguments.checkpoint.name,
        "false_alarms_aimed_at": FALSE_ALARMS,
        "data_sha256": digest_of(files),
        "seed": SEED,
        "subjects": {
            "training": [p.name for p in training],
            "calibration": [p.name for p in held_out],
            "test": [p.name for p in test],
        },
        "simulated": _simulated(gate, _anatomies(test, arguments.cache)),
        "real": _real(gate, arguments.real),
    }
    path = arguments.checkpoint.with_suffix(".metrics.json")
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["real"], indent=1))


def _measure(arguments: argparse.Namespace) -> None:
    gate = load(arguments.checkpoint)
    features = measure(read_volume(arguments.image, "nifti"))
    verdict = gate.judge(features)
    print(f"score {verdict.score:.2f}", "; ".join(verdict.reasons))
    for i, name in enumerate(gate.names):
        away = (features[name] - float(gate.centre[i])) / float(gate.spread[i])
        print(f"{name:32} {features[name]:8.3f}  {away:+6.1f} sd")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.input_gate")
    parser.add_argument("--labels", type=Path, help="folder of label maps")
    parser.add_argument("--cache", type=Path, default=Path(".data/cache/anatomy"))
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
