"""Lesions of both visits with what became of each, and the load of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.dicom.uids import derived_uid
from ml.followup.brightness import BrainNotFound, contrast_of
from ml.followup.lesions import PairOfLesions, lesions_of
from ml.followup.tracking import NOISE_SHARE, Lesion, tracked
from ml.imaging.volume import Volume
from ml.pipelines.compare_scans.comparison import Comparison
from ml.pipelines.compare_scans.visits import Warned

# More would be noise, and no person looks at them.
MOST: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """``pair`` and ``lesions`` on the base's grid; ``pair`` None where none were looked for."""

    pair: PairOfLesions | None
    lesions: tuple[Lesion, ...]
    warnings: tuple[Warned, ...]


def findings_of(
    comparison: Comparison,
    base_labels: NDArray[np.integer[Any]],
    follow_labels: NDArray[np.integer[Any]],
    *,
    wanted: bool,
) -> Findings:
    """Look for lesions where the contrast shows them. Both label maps on the base's grid."""
    base = comparison.visits.base.image
    kinds = (
        contrast_of(base.array, base_labels),
        contrast_of(comparison.onto.array, follow_labels),
    )
    if not wanted:
        return _none()
    if not comparison.comparability.comparable:
        return _none("lesions_not_comparable", "Lesions are compared only where the images are.")
    if kinds != ("FLAIR-like", "FLAIR-like"):
        text = "Lesions are looked for on FLAIR alone; these images are of another contrast."
        return _none("lesions_need_flair", text)
    try:
        pair = lesions_of(
            base.array, comparison.onto.array, base_labels, follow_labels, base.spacing
        )
    except BrainNotFound:
        return _none("no_brain", "Too little white matter is found to look for lesions.")
    lesions = tracked(pair.base, pair.follow, base.spacing)
    warnings = []
    if len(lesions) > MOST:
        text = f"{len(lesions)} lesions are found; the {MOST} largest are listed."
        warnings = [Warned(code="many_lesions", text=text)]
    return Findings(pair=pair, lesions=tuple(lesions[:MOST]), warnings=tuple(warnings))


def _none(code: str = "", text: str = "") -> Findings:
    warnings = (Warned(code=code, text=text),) if code else ()
    return Findings(pair=None, lesions=(), warnings=warnings)


def tracking_uids(lesions: tuple[Lesion, ...], run_id: str) -> dict[str, str]:
    """The tracking UID of each lesion by its name: from the run, never from the patient."""
    return {lesion.name: derived_uid(run_id, f"lesion/{lesion.name}") for lesion in lesions}


def lesion_rows(
    lesions: tuple[Lesion, ...], uids: dict[str, str], grid: Volume
) -> list[dict[str, Any]]:
    """The lesions as change.json has them."""
    return [
        {
            "track": uids[lesion.name],
            "name": lesion.name,
            "state": lesion.state,
            "base_ml": round(lesion.base_ml, 4),
            "follow_ml": round(lesion.follow_ml, 4),
            "centre_lps": [round(v, 1) for v in grid.point_lps(lesion.centre)],
            "parents": [uids[name] for name in lesion.parents if name in uids],
            "children": [uids[name] for name in lesion.children if name in uids],
            "diameter_mm": round(lesion.diameter_mm, 1),
        }
        for lesion in lesions
    ]


def load_of(findings: Findings, grid: Volume) -> dict[str, Any] | None:
    """The whole of the lesions at both visits; None where none were looked for."""
    if findings.pair is None:
        return None
    states = [lesion.state for lesion in findings.lesions]
    return {
        "base_ml": round(float((findings.pair.base > 0).sum()) * grid.voxel_ml, 3),
        "follow_ml": round(float((findings.pair.follow > 0).sum()) * grid.voxel_ml, 3),
        "new": states.count("new"),
        "resolved": states.count("resolved"),
        "noise_percent": 100 * NOISE_SHARE,
    }
