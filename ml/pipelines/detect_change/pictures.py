"""The picture of a change: base, follow-up and what differs, with the lesions outlined."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import colormaps
from matplotlib import image as picture
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.volume import Volume
from ml.pipelines.compare_scans.comparison import Comparison
from ml.pipelines.compare_scans.pictures import beside, grey, middle, planes_of
from ml.pipelines.detect_change.findings import Findings

# Spreads of white matter at which the colours of the difference are full.
FULL: Final = 8.0
CAME, WENT, STAYED = (240, 70, 60), (60, 140, 250), (250, 210, 60)


def write_change(
    comparison: Comparison, subtraction: NDArray[np.float32], findings: Findings, path: Path
) -> None:
    """Three planes through the largest change; rows: base, follow-up, difference. Lesions that
    came are red, gone blue, others yellow."""
    base, onto = comparison.visits.base.image, comparison.onto
    at = _place(base, findings)
    rows = [
        [_rgb(p) for p in planes_of(base, grey(volume), order=1, at=at)] for volume in (base, onto)
    ]
    coloured = colormaps["RdBu_r"]
    shown = np.clip(subtraction / FULL / 2 + 0.5, 0, 1)
    rows.append(
        [
            np.rint(255 * coloured(p)[..., :3]).astype(np.uint8)
            for p in planes_of(base, shown, order=1, at=at)
        ]
    )
    if findings.pair is not None:
        for row, labels in zip(rows, (findings.pair.base, findings.pair.follow), strict=False):
            _outline(row, base, labels, findings.pair.change, at)
    picture.imsave(path, np.concatenate([beside(row) for row in rows]))


def _place(base: Volume, findings: Findings) -> tuple[int, int, int]:
    changed = [one for one in findings.lesions if one.state != "stable"]
    if not changed:
        return middle(base)
    most = max(changed, key=lambda one: abs(one.follow_ml - one.base_ml))
    limit = np.array(base.shape) - 1
    z, y, x = (int(v) for v in np.clip(np.rint(most.centre), 0, limit))
    return z, y, x


def _rgb(plane: NDArray[Any]) -> NDArray[np.uint8]:
    return np.repeat(np.rint(255 * np.clip(plane, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def _outline(
    row: list[NDArray[np.uint8]],
    base: Volume,
    labels: NDArray[np.int32],
    change: NDArray[np.int8],
    at: tuple[int, int, int],
) -> None:
    kind = np.where(labels > 0, 1, 0) + (labels > 0) * np.where(change > 0, 1, 0)
    kind = kind + (labels > 0) * np.where(change < 0, 2, 0)
    for plane, drawn in zip(row, planes_of(base, kind, order=0, at=at), strict=True):
        edge = (drawn > 0) & ~ndimage.binary_erosion(drawn > 0)
        for number, colour in ((1, STAYED), (2, CAME), (3, WENT)):
            plane[edge & (drawn == number)] = colour
