"""Predictions on real pairs of visits: ``python -m ml.pipelines.score_prediction.figures --help``.

Patients of the open MS data (Lesjak et al., Neuroinformatics 2018). The second visit is predicted
from the first alone and held against it, with the pipelines' own steps. The predictor was trained
on simulated tumours: these figures say what it does with another disease.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ml.dicom.nifti import read_nifti
from ml.imaging.itk import to_itk
from ml.models.followup.calibration import Calibration
from ml.models.followup.change import delta_rmae, dice
from ml.models.followup.predictor import last_of, sampled
from ml.models.followup.state import Question
from ml.models.followup.weights import Checkpoint, load
from ml.pipelines.predict_followup.work import PREDICTOR, READER, placed_on, read_base
from ml.pipelines.score_prediction.scoring import compare
from ml.runtime.registry import manifest_of
from ml.runtime.weights import verified_path

SAMPLES, STEPS = 8, 4
# Days between the visits, as the data's description states them.
DAYS = {"patient03": 671.0, "patient12": 81.0, "patient19": 228.0}


def scored(folder: Path, days: float, reader: Checkpoint, predictor: Checkpoint) -> dict[str, Any]:
    """Change-only figures of one patient; carry-forward has a Δ-RMAE of 1 and a Dice of 0."""
    base, actual = (read_nifti(folder / f"study{n}_FLAIR.nii.gz") for n in (1, 2))
    reading, crop = read_base(base, reader.model)
    question = Question(days=days, treatment=0)
    samples = last_of(sampled(predictor.model, crop, question, count=SAMPLES, steps=STEPS))
    made = placed_on(base, reading, samples)
    found = compare(
        base,
        actual,
        made.image,
        base.like(made.visible),
        reader=reader.model,
        check=lambda: None,
    )
    calibration = predictor.calibration or Calibration(lesion=1.0, ventricle=1.0, patients=0)
    interval = calibration.interval(samples.lesion_ml, crop.lesion_ml, days)
    truth = read_nifti(folder / "gt.nii.gz")
    place = sitk.ReadTransform(str(folder / "study1_FLAIR_to_common_space.txt"))
    new = base.like((found.predicted_lesion & ~found.base_lesion).astype(np.uint8))
    there = sitk.Resample(to_itk(new), to_itk(truth), place, sitk.sitkNearestNeighbor, 0)
    return {
        "days": days,
        "delta_rmae": round(delta_rmae(found.predicted, found.base, found.actual, found.brain), 4),
        "change_dice": round(dice(sitk.GetArrayFromImage(there) > 0, truth.array > 0), 4),
        "base_ml": round(found.base_ml, 2),
        "predicted_ml": round(interval.median, 2),
        "interval_ml": [round(interval.lower, 2), round(interval.upper, 2)],
        "actual_ml": round(found.actual_ml, 2),
        "inside_interval": interval.lower <= found.actual_ml <= interval.upper,
        "true_change_ml": round(float((truth.array > 0).sum()) * truth.voxel_ml, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ms", type=Path, required=True, help="folder with a folder per patient")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    weights = {spec.name: spec for spec in manifest_of("predict_followup").weights}
    reader, predictor = (load(verified_path(weights[name])) for name in (READER, PREDICTOR))
    figures = {
        name: scored(arguments.ms / name, days, reader, predictor) for name, days in DAYS.items()
    }
    text = json.dumps({"predictor": weights[PREDICTOR].sha256, **figures}, indent=1)
    arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
