"""A head of simple shapes with the sizes of a real one: labels, and an image to go with them."""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.pipelines.draft_report.measurements import (
    Measurement,
    Measurements,
    volume_measurements,
)
from ml.pipelines.draft_report.regions import REGIONS

# id, centre (x, y, z) in mm from the middle of the head (left, back, up positive), radii in mm
Blob = tuple[int, tuple[float, float, float], tuple[float, float, float]]
_HEAD: tuple[Blob, ...] = (
    (24, (0, 0, 0), (70, 86, 66)),
    (3, (32, 0, 4), (34, 80, 58)),
    (42, (-32, 0, 4), (34, 80, 58)),
    (2, (30, 0, 6), (24, 62, 42)),
    (41, (-30, 0, 6), (24, 62, 42)),
    (8, (25, 50, -40), (24, 22, 18)),
    (47, (-25, 50, -40), (24, 22, 18)),
    (16, (0, 22, -44), (12, 12, 20)),
    (15, (0, 38, -42), (6, 5, 9)),
    (10, (11, 8, 4), (9, 15, 9)),
    (49, (-11, 8, 4), (9, 15, 9)),
    (12, (26, -8, 2), (6, 14, 10)),
    (51, (-26, -8, 2), (6, 14, 10)),
    (11, (15, -18, 12), (5, 12, 9)),
    (50, (-15, -18, 12), (5, 12, 9)),
    (17, (27, 16, -20), (6, 19, 7.5)),
    (53, (-27, 16, -20), (6, 19, 7.5)),
    (18, (23, -6, -20), (6, 7, 7)),
    (54, (-23, -6, -20), (6, 7, 7)),
    (4, (9, -6, 16), (7, 30, 8)),
    (43, (-9, -6, 16), (7, 30, 8)),
    (14, (0, 6, 4), (2, 13, 9)),
)
# About what adults have, in mL: regions that together are the whole inside of the skull.
_USUAL_ML = {
    **{f"{side}_hemisphere": 510.0 for side in ("left", "right")},
    **{f"{side}_cerebellum": 68.0 for side in ("left", "right")},
    **{f"{side}_lateral_ventricle": 11.0 for side in ("left", "right")},
    **{f"{side}_thalamus": 7.3 for side in ("left", "right")},
    **{f"{side}_basal_ganglia": 10.2 for side in ("left", "right")},
    **{f"{side}_amygdala": 1.6 for side in ("left", "right")},
    "third_ventricle": 1.4,
    "fourth_ventricle": 1.8,
    "brain_stem": 20.5,
}


def head_labels(
    *,
    spacing_mm: float = 2.0,
    changes: dict[int, tuple[float, float, float]] | None = None,
    shift_mm: float = 0.0,
) -> Volume:
    """A label map (z, y, x) int16 of ellipsoids, axes along +LPS.

    Args:
        spacing_mm: of the cubic voxels.
        changes: other radii for some ids.
        shift_mm: how far the third ventricle lies to the left of the midline.
    """
    size = np.array([76, 92, 72])
    axes = [np.arange(-half, half + spacing_mm / 2, spacing_mm) for half in size]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    labels = np.zeros(x.shape, dtype=np.int16)
    for label, (cx, cy, cz), standard in _HEAD:
        rx, ry, rz = (changes or {}).get(label, standard)
        middle = cx + (shift_mm if label == 14 else 0.0)
        inside = ((x - middle) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1
        labels[inside] = label
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = -size
    return Volume(array=np.ascontiguousarray(labels.transpose(2, 1, 0)), affine=affine)


def head_image(labels: Volume) -> Volume:
    """An image (int16) in which each structure of ``labels`` has a grey value of its own."""
    ids = labels.array.astype(np.int64)
    grey: NDArray[np.int16] = np.where(ids > 0, 200 + 37 * ids % 600, 0).astype(np.int16)
    return Volume(array=grey, affine=labels.affine)


def varied_measurements(random: Random) -> Measurements:
    """Measurements of a head that never was: each around what adults have, one in four of those
    that are judged far outside its reference."""

    def draw(usual: float, unusual: float, spread: float) -> float:
        middle = unusual if random.random() < 0.25 else usual
        return max(0.0, random.gauss(middle, spread * middle))

    volumes: dict[int, float] = {}
    for region, usual in _USUAL_ML.items():
        for label in REGIONS[region].labels:
            share = usual / len(REGIONS[region].labels)
            volumes[label] = max(0.05, random.gauss(share, 0.08 * share))
    for side in ("left", "right"):
        (hippocampus,) = REGIONS[f"{side}_hippocampus"].labels
        volumes[hippocampus] = draw(3.6, 2.0, 0.08)
    by_id = volume_measurements(volumes)
    widths = {
        "ventricles.fraction": (draw(2.4, 7.5, 0.15), "%", 1),
        "frontal_horns.evans": (draw(0.26, 0.36, 0.05), "", 2),
        "third_ventricle.width": (draw(5.0, 13.0, 0.1), "mm", 0),
        "midline.shift": (draw(0.8, 8.0, 0.2), "mm", 1),
    }
    for key, (value, unit, digits) in widths.items():
        by_id[key] = Measurement(value=value, unit=unit, digits=digits)
    return Measurements(
        by_id=by_id, label_volumes=volumes, shift_side=random.choice(("left", "right"))
    )
