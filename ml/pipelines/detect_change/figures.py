"""How well change is found: ``python -m ml.pipelines.detect_change.figures --help``.

Lesions: patients of the open MS data (Lesjak et al., Neuroinformatics 2018) with two visits and a
mask of what changed. Registration, segmentation and detection are the pipeline's own; the result
is laid onto the grid of the mask by the transforms that come with it. Beside it stands the plain
threshold on the size of the normalised subtraction in the brain, with the one threshold that does
best on the other patients. Volumes: simulated visits whose true volumes are known.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from ml.dicom.nifti import read_nifti
from ml.evaluation.lesions import MIN_OVERLAP
from ml.followup.lesions import lesions_of
from ml.imaging.itk import to_itk
from ml.imaging.registration import register, resampled
from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.pipelines.detect_change.simulated import tumour_figures, volume_figures
from ml.pipelines.segment_head.segmentation import HeadSegmentation, measured

TOUCHING: Final = ndimage.generate_binary_structure(3, 3)
THRESHOLDS: Final = np.arange(1.0, 12.1, 0.5)
# Pieces of the mask smaller than this are specks of its outline, and no person counts them.
LEAST_ML: Final = 0.01
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patient:
    """Masks (z, y, x) on the grid of the truth. ``size``: the subtraction's, 0 outside the brain;
    ``similarity`` of the registration."""

    name: str
    truth: Mask
    found: Mask
    size: NDArray[np.float32]
    voxel_ml: float
    similarity: float


def segmented(segmenter: HeadSegmenter, image: Volume) -> HeadSegmentation:
    """Labels and volumes of ``image``. Raises ``InputRefused`` where there is no brain."""
    work = segmenter.pieces(image)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return measured(image, end.value)


def read_patient(folder: Path, segmenter: HeadSegmenter) -> Patient:
    """Both visits of ``folder`` through the steps of the pipeline, beside the truth."""
    truth = read_nifti(folder / "gt.nii.gz")
    base, follow = (read_nifti(folder / f"study{n}_FLAIR.nii.gz") for n in (1, 2))
    found = register(base, follow)
    onto = resampled(follow, base, found)
    one, two = (segmented(segmenter, image) for image in (base, follow))
    labels = resampled(follow.like(two.labels), base, found, order=0).array
    pair = lesions_of(base.array, onto.array, one.labels, labels, base.spacing)
    place = sitk.ReadTransform(str(folder / "study1_FLAIR_to_common_space.txt"))

    def there(array: NDArray[Any], how: int) -> NDArray[Any]:
        image = to_itk(base.like(array))
        moved: NDArray[Any] = sitk.GetArrayFromImage(
            sitk.Resample(image, to_itk(truth), place, how, 0.0)
        )
        return moved

    return Patient(
        name=folder.name,
        truth=truth.array > 0,
        found=there((pair.change != 0).astype(np.uint8), sitk.sitkNearestNeighbor) > 0,
        size=there(np.abs(pair.subtraction), sitk.sitkLinear).astype(np.float32),
        voxel_ml=truth.voxel_ml,
        similarity=found.similarity,
    )


def figures_of(patient: Patient, found: Mask) -> dict[str, float]:
    """Dice of the changed voxels; pieces of the truth (of 0.01 ml and more) that are touched and
    that are found by nnDetection's rule (overlap of 0.1); detections that touch no truth."""
    both = patient.truth & found
    pieces, _ = ndimage.label(patient.truth, structure=TOUCHING)
    sizes = np.bincount(pieces.ravel())
    lesions = np.flatnonzero(sizes * patient.voxel_ml >= LEAST_ML)[1:]
    parts, count = ndimage.label(found, structure=TOUCHING)
    touched = set(np.unique(pieces[both]).tolist())
    part_sizes = np.bincount(parts.ravel())
    matched = 0
    for lesion in lesions:
        here, shared = np.unique(parts[(pieces == lesion) & found], return_counts=True)
        union = part_sizes[here] + sizes[lesion] - shared
        matched += bool(len(here)) and float((shared / union).max()) >= MIN_OVERLAP
    alarms = count - len(np.unique(parts[both]))
    total = float(patient.truth.sum() + found.sum())
    return {
        "dice": round(2.0 * float(both.sum()) / total if total else 0.0, 4),
        "lesions": float(len(lesions)),
        "touched": float(sum(int(lesion) in touched for lesion in lesions)),
        "matched": float(matched),
        "false_positives": float(alarms),
        "found_ml": round(float(found.sum()) * patient.voxel_ml, 3),
        "truth_ml": round(float(patient.truth.sum()) * patient.voxel_ml, 3),
    }


def by_threshold(patient: Patient, threshold: float) -> Mask:
    """The baseline: pieces of a subtraction of at least ``threshold``, none below 0.01 ml."""
    parts, _ = ndimage.label(patient.size >= threshold, structure=TOUCHING)
    sizes = np.bincount(parts.ravel()) * patient.voxel_ml
    sizes[0] = 0.0
    kept: Mask = (sizes >= LEAST_ML)[parts]
    return kept


def threshold_without(patients: Sequence[Patient], left_out: int) -> float:
    """The threshold of the best mean Dice on all patients but one."""
    others = [one for index, one in enumerate(patients) if index != left_out]
    scores = [
        np.mean([_dice(one.truth, by_threshold(one, float(t))) for one in others])
        for t in THRESHOLDS
    ]
    return float(THRESHOLDS[int(np.argmax(scores))])


def _dice(one: Mask, other: Mask) -> float:
    return 2.0 * float((one & other).sum()) / max(1.0, float(one.sum() + other.sum()))


def lesion_figures(patients: Sequence[Patient]) -> dict[str, Any]:
    """Each patient's figures of both ways, and what they come to together."""
    rows: dict[str, Any] = {}
    for index, patient in enumerate(patients):
        threshold = threshold_without(patients, index)
        rows[patient.name] = {
            "similarity": round(patient.similarity, 3),
            "pipeline": figures_of(patient, patient.found),
            "baseline": {
                "threshold": threshold,
                **figures_of(patient, by_threshold(patient, threshold)),
            },
        }
    return {"patients": rows, **{way: _together(rows, way) for way in ("pipeline", "baseline")}}


def _together(rows: dict[str, Any], way: str) -> dict[str, float]:
    each = [row[way] for row in rows.values()]
    lesions = sum(one["lesions"] for one in each)
    return {
        "mean_dice": round(float(np.mean([one["dice"] for one in each])), 4),
        "sensitivity_touched": round(sum(one["touched"] for one in each) / lesions, 4),
        "sensitivity_matched": round(sum(one["matched"] for one in each) / lesions, 4),
        "false_positives_per_patient": round(
            float(np.mean([one["false_positives"] for one in each])), 2
        ),
    }


def simulated_figures(folders: Sequence[Path], segmenter: HeadSegmenter) -> dict[str, Any]:
    """Volumes of structures in patients with T1, of tumours in those with FLAIR."""
    with_tumour = [one for one in folders if any(one.glob("nifti/*/tumour_density.nii.gz"))]
    without = [one for one in folders if one not in with_tumour]

    def segment(image: Volume) -> HeadSegmentation:
        return segmented(segmenter, image)

    figures: dict[str, Any] = {}
    if without:
        figures["volumes"] = volume_figures(without, segment)
    for one in with_tumour:
        figures.setdefault("tumours", {})[one.name] = tumour_figures(one, segment)
    return figures


def main() -> None:
    from ml.models.head_unet.quality import load_quality
    from ml.models.head_unet.weights import load
    from ml.runtime.registry import manifest_of
    from ml.runtime.weights import verified_path

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ms", type=Path, help="folder with one folder per patient")
    parser.add_argument("--simulated", type=Path, nargs="*", default=[], help="simulated patients")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    weights = next(w for w in manifest_of("segment_head").weights if w.name == "head_unet")
    path = verified_path(weights)
    segmenter = HeadSegmenter(load(path), quality=load_quality(path), threads=2)
    figures: dict[str, Any] = {"segmenter_sha256": weights.sha256}
    if arguments.ms:
        folders = sorted(path for path in arguments.ms.iterdir() if path.is_dir())
        figures["ms"] = lesion_figures([read_patient(one, segmenter) for one in folders])
    if arguments.simulated:
        figures["simulated"] = simulated_figures(arguments.simulated, segmenter)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
