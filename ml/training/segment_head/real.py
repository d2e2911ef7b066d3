"""Real heads that packages carry, with what can be compared: development figures, no training.

* Colin 27 (``ch2.nii.gz``, Debian package mricron-data): one volunteer, 27 averaged T1 scans.
* MNI152 (nilearn): average T1 of 152 people, skull-stripped, with grey and white matter maps.

and of real heads in a folder given by name (``head-mr``), where there is one: a patient with a
stroke in three contrasts, and a T2 scan with a lesion and its outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from ml.dicom.nifti import read_nifti
from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.anatomy import to_lps

COLIN27 = Path("/usr/share/mricron/templates/ch2.nii.gz")

_GREY = (
    "cerebral cortex",
    "cerebellar cortex",
    "thalamus",
    "caudate",
    "putamen",
    "pallidum",
    "hippocampus",
    "amygdala",
    "accumbens area",
)
_WHITE = ("cerebral white matter", "cerebellar white matter", "brain stem", "ventral diencephalon")


@dataclass(frozen=True, slots=True)
class RealHead:
    """``image`` float32 (z, y, x) at 1 mm, LPS axes; ``grey`` and ``white`` are boolean maps on
    the same grid where published ones exist."""

    name: str
    image: NDArray[np.float32]
    grey: NDArray[np.bool_] | None = None
    white: NDArray[np.bool_] | None = None


def colin27() -> RealHead | None:
    """The Colin 27 head, or None where the Debian package is not installed."""
    if not COLIN27.exists():
        return None
    return RealHead(name="colin27", image=to_lps(nib.load(COLIN27)).astype(np.float32))


def mni152() -> RealHead:
    """The MNI152 head of nilearn at 1 mm with its tissue maps cut at one half."""
    from nilearn import datasets

    image = datasets.load_mni152_template(resolution=1)
    grey = datasets.load_mni152_gm_template(resolution=1)
    white = datasets.load_mni152_wm_template(resolution=1)
    return RealHead(
        name="mni152",
        image=to_lps(image).astype(np.float32),
        grey=to_lps(grey).astype(np.float32) > 0.5,
        white=to_lps(white).astype(np.float32) > 0.5,
    )


def stroke(folder: Path) -> dict[str, Volume]:
    """One patient in three contrasts on one grid, skull-stripped."""
    return {name: read_nifti(folder / f"stroke_{name}.nii.gz") for name in ("T1", "T2", "FLAIR")}


def with_lesion(folder: Path) -> tuple[Volume, NDArray[np.bool_]]:
    """A clinical T2 scan, and the outline of its lesion (z, y, x) on the same grid."""
    image = read_nifti(folder / "clinical_T2.nii.gz")
    return image, read_nifti(folder / "clinical_T2_lesion.nii.gz").array > 0


def grey_and_white(
    tissue: NDArray[np.uint8],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Grey matter (cortices and deep nuclei) and white matter of a segmentation."""
    grey = np.isin(tissue, [labels.tissue_index(name) for name in _GREY])
    white = np.isin(tissue, [labels.tissue_index(name) for name in _WHITE])
    return grey, white
