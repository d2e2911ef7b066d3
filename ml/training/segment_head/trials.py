"""Held-out simulated heads at 1 mm with a contrast of a wanted kind, and their true labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.contrast import Contrast, free_contrast, physical_contrast
from ml.simulate.corrupt import scan
from ml.simulate.draw import Draw
from ml.simulate.paint import paint

T1_NAMES = ("mprage", "t1 gradient echo", "t1 spin echo")
KINDS: dict[str, tuple[str, ...]] = {
    "T1-like": T1_NAMES,
    "T2-like": ("t2",),
    "FLAIR-like": ("flair",),
    "free": ("free",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """``image`` at 1 mm along LPS; ``truth`` label ids (z, y, x) on its grid."""

    name: str
    kind: str
    image: Volume
    truth: NDArray[np.int16]


def true_labels(anatomy: Anatomy) -> NDArray[np.int16]:
    """Label ids (z, y, x) as the segmenter should write them."""
    tissue = labels.code_to_tissue()[anatomy.codes]
    return labels.combine(tissue, labels.code_to_side()[anatomy.codes] == labels.Side.LEFT)


def trial(anatomy: Anatomy, kind: str, seed: int) -> Trial:
    """Scan an anatomy as it is, without deformation, in a random contrast of ``kind`` (a key of
    :data:`KINDS`). The same seed gives the same image."""
    draw = Draw(seed)
    contrast = contrast_of(draw, kind)
    codes = torch.from_numpy(anatomy.codes)
    ideal = paint(draw, codes, contrast).clamp_min(0)
    image = scan(draw, ideal, foreground=codes > 0)
    return Trial(
        name=f"{anatomy.name}/{contrast.name}/{seed}",
        kind=kind,
        image=Volume(array=image.numpy(), affine=np.eye(4)),
        truth=true_labels(anatomy),
    )


def contrast_of(draw: Draw, kind: str) -> Contrast:
    """Draw contrasts until one is of the wanted kind."""
    while True:
        if kind == "free":
            return free_contrast(draw)
        contrast = physical_contrast(draw, t1_share=1.0 if kind == "T1-like" else 0.0)
        if contrast.name in KINDS[kind]:
            return contrast
