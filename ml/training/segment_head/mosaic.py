"""Pictures of real heads with what the segmenter found in them, to be looked at: failures too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml.dicom.nifti import read_nifti
from ml.dicom.structures import structures
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.simulate import labels
from ml.training.segment_head import real

mpl.use("agg")
_HEADS = ("seg3D_MR", "T1_head_ext2", "clinical_T2", "stroke_T1", "stroke_T2", "stroke_FLAIR")
_OPACITY = 0.45
_PLANES = ("axial", "coronal", "sagittal")
# Shares of the way through the head, from its lower, back and right end.
_CUTS = (0.45, 0.6)


def heads(folder: Path | None) -> Iterator[tuple[str, Volume]]:
    """Names and images: those that packages carry, and those in ``folder`` (head-mr)."""
    for head in (real.mni152(), real.colin27()):
        if head is not None:
            yield head.name, Volume(array=head.image, affine=np.eye(4))
    for name in _HEADS if folder is not None else ():
        yield name, read_nifti((folder or Path()) / f"{name}.nii.gz")


def mosaic(segmenter: HeadSegmenter, name: str, image: Volume, path: Path) -> None:
    """Two cuts in each plane, plain and with labels over them, and what the model expects of
    itself; PNG."""
    head = canonical(image)
    found = segmenter.segment(head)
    ids = labels.combine(found.tissue, found.is_left)
    known = structures()
    colours = np.zeros((max(known) + 1, 3))
    for label_id, structure in known.items():
        colours[label_id] = np.array(structure.colour) / 255
    filled = np.argwhere(ids > 0)
    low, high = filled.min(axis=0), filled.max(axis=0)
    figure = Figure(figsize=(14, 8.5), layout="constrained")
    places = figure.subplots(len(_CUTS), 2 * len(_PLANES))
    bright = float(np.quantile(head.array[ids > 0], 0.99))
    for row, share in enumerate(_CUTS):
        for axis, plane in enumerate(_PLANES):
            cut = int(low[axis] + share * (high[axis] - low[axis]))
            grey = _cut(np.clip(head.array / bright, 0, 1).astype(np.float64), axis, cut)
            marks = _cut(ids, axis, cut)
            shown = np.repeat(grey[..., None], 3, axis=2)
            over = np.where(
                (marks > 0)[..., None],
                np.clip((1 - _OPACITY) * shown + _OPACITY * colours[marks], 0, 1),
                shown,
            )
            for column, picture in ((2 * axis, shown), (2 * axis + 1, over)):
                places[row, column].imshow(picture, interpolation="nearest")
                places[row, column].axis("off")
            places[row, 2 * axis].set_title(f"{plane} {cut}", fontsize=9)
    doubts = sorted(found.quality.items(), key=lambda item: item[1])[:4]
    told = ", ".join(
        f"{known[i].side or ''} {known[i].name} {dice:.2f}".strip() for i, dice in doubts
    )
    figure.suptitle(f"{name}; least sure of (expected Dice): {told or 'not known'}", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


def _cut(volume: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    """One plane as it is looked at: head up, face up in axial planes, the patient's right at the
    viewer's left."""
    plane = np.take(volume, index, axis=axis)
    turned: NDArray[Any] = plane if axis == 0 else plane[::-1]
    return turned
