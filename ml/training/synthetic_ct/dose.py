"""What each family's errors do to the dose: one standard plan on the synthetic CT of a patient whom
the network did not see, recalculated on the real CT."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.dicom.nifti import read_nifti
from ml.imaging.resample import to_grid
from ml.planning.comparison import compare_doses
from ml.training.synthetic_ct import evaluate
from ml.training.synthetic_ct.evaluate import Predict
from ml.training.synthetic_ct.pairs import AIR_HU, Pair, folds
from ml.training.synthetic_ct.recipe import FAMILIES, FOLDS, SHIPPED_FOLD, Recipe
from ml.training.synthetic_ct.report import Figures, mean_of, trained


def dose_report(pairs: Sequence[Pair], root: Path, runs: Path) -> dict[str, dict[str, Figures]]:
    """γ (2 %/2 mm), ΔDmean and ΔD95 of the planning target in percent, by family and patient of
    the shipped fold, with their ``mean``; each is kept in ``runs/dose.json`` as soon as it is
    there, and not calculated again."""
    fold_of = folds([pair.name for pair in pairs], FOLDS)
    others = [pair for pair in pairs if fold_of[pair.name] != SHIPPED_FOLD]
    mine = [pair for pair in pairs if fold_of[pair.name] == SHIPPED_FOLD]
    ways: dict[str, Predict] = {
        "water": evaluate.water,
        "bulk from MR": evaluate.threshold_bulk(others),
    }
    for family in FAMILIES:
        run_dir = runs / f"extremity-{family}-{SHIPPED_FOLD}"
        if run_dir.exists():
            recipe = Recipe(family=family)
            ways[family] = evaluate.predictor(trained(run_dir, recipe)[0], recipe)
    kept = runs / "dose.json"
    rows: dict[str, dict[str, Figures]] = json.loads(kept.read_text()) if kept.exists() else {}
    for pair in mine:
        for name, predict in ways.items():
            if pair.name not in rows.setdefault(name, {}):
                rows[name][pair.name] = _compared(predict(pair), pair, root)
                kept.write_text(json.dumps(rows, indent=1))
    return {name: {**found, "mean": mean_of(found)} for name, found in rows.items()}


def _compared(hu: NDArray[np.float32], pair: Pair, root: Path) -> Figures:
    """Both images cut alike: where MR and CT show the body, and where the CT reaches."""
    body = pair.body & pair.mr_body
    target = read_nifti(root / "aligned" / pair.name / "gtv_on_mr.nii.gz")
    inside = to_grid(target, pair.mr, "nearest").array > 0
    images = [
        pair.mr.like(np.where(body, image, np.float32(AIR_HU)).astype(np.float32))
        for image in (hu, pair.ct)
    ]
    return dataclasses.asdict(compare_doses(images[0], images[1], body, inside & body))
