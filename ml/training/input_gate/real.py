"""Real images for checks, never for fitting: heads that are fine, and what is no MR of a head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ml.dicom.read import read_volume
from ml.imaging.volume import Volume
from ml.training.segment_head.real import COLIN27, mni152

USUAL = "usual"
_HEADS = (
    "head-mr/T1_head_ext2.nii.gz",
    "head-mr/clinical_T2.nii.gz",
    "head-mr/seg3D_MR.nii.gz",
    "head-mr/stroke_*.nii.gz",
    "ms-longitudinal/*/study*_*.nii.gz",
)
_BODY_MR = ("body/example_mr_sm.nii.gz", "sts-mr-ct/*/*/mr_t1.nii.gz")
_BODY_CT = ("body/totalseg_example_ct_3mm.nii.gz", "sts-mr-ct/*/*/ct.nii.gz")
_HEAD_CT = ("head-ct/ct_brain_atlas_1mm.nii.gz",)
_FILMS = 40


@dataclass(frozen=True, slots=True)
class RealImage:
    """``kind``: ``usual``, or what is wrong with it. ``read`` loads it."""

    kind: str
    name: str
    read: Callable[[], Volume]


def real_images(folder: Path | None) -> Iterator[RealImage]:
    """All images that are there: those of packages, and those under ``folder``."""
    if COLIN27.exists():
        yield RealImage(USUAL, COLIN27.name, partial(read_volume, COLIN27, "nifti"))
    if folder is not None:
        yield from _files(folder, USUAL, _HEADS)
    yield RealImage(USUAL, "mni152", _mni152)
    if folder is not None:
        yield from _others(folder)


def _others(folder: Path) -> Iterator[RealImage]:
    """Images that are no MR of a head."""
    yield from _files(folder, "other body part, MR", _BODY_MR)
    for kind, patterns in (
        ("other body part, CT as MR", _BODY_CT),
        ("CT of a head as MR", _HEAD_CT),
    ):
        for image in _files(folder, kind, patterns):
            yield image
            yield _raised(image)
    for path in sorted((folder / "openkbp").glob("pt_*.npz")):
        image = RealImage("CT of head and neck as MR", path.stem, partial(_planning_ct, path))
        yield image
        yield _raised(image)
    for path in sorted((folder / "nih-cxr" / "images").glob("*.jpg"))[:_FILMS]:
        yield RealImage("chest film", path.name, partial(_film, path))


def _files(folder: Path, kind: str, patterns: tuple[str, ...]) -> Iterator[RealImage]:
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        name = path.relative_to(folder).as_posix()
        yield RealImage(kind, name, partial(read_volume, path, "nifti"))


def _raised(image: RealImage) -> RealImage:
    """The same CT without values below 0, as some exports store it."""

    def read() -> Volume:
        volume = image.read()
        array = np.clip(volume.array.astype(np.float32), -1024, None)
        return volume.like(array - array.min())

    return RealImage(f"{image.kind}, from 0", image.name, read)


def _mni152() -> Volume:
    return Volume(array=mni152().image, affine=np.eye(4))


def _planning_ct(path: Path) -> Volume:
    with np.load(path, allow_pickle=False) as stored:
        array = stored["ct"].astype(np.float32) - 1024.0
        steps = stored["vox"].astype(float)
    # Stored (y, x, z), y to the back, z to the head; both steps in the plane are the same.
    affine = np.diag([*steps, 1.0])
    return Volume(array=np.ascontiguousarray(array.transpose(2, 0, 1)), affine=affine)


def _film(path: Path) -> Volume:
    """A film as a stack of 24 equal slices, about as wide as a chest."""
    film = sitk.GetArrayFromImage(sitk.ReadImage(str(path))).astype(np.float32)
    plane = film if film.ndim == 2 else film.mean(axis=-1)
    affine = np.diag([400.0 / plane.shape[1], 400.0 / plane.shape[1], 5.0, 1.0])
    return Volume(array=np.repeat(plane[None], 24, axis=0), affine=affine)
