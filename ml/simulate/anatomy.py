"""Whole-head anatomies from label files: canonical axes, head key, one cached file each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate import labels

_CACHE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A head at 1 mm, cropped to its bounding box.

    ``codes``: uint8 (z, y, x), z to superior, y to posterior, x to left (LPS), the dense codes of
    ``ml.simulate.labels``. ``brain_distance``: uint8, same grid, distance to the brain in mm.
    """

    name: str
    codes: NDArray[np.uint8]
    brain_distance: NDArray[np.uint8]


def to_lps(image: Any) -> NDArray[Any]:
    """Voxels of a nibabel image as (z, y, x) with z to superior, y to posterior, x to left, by
    axis swaps and flips alone (exact for images whose axes follow the body's)."""
    canonical: Any = nib.as_closest_canonical(image)
    return np.ascontiguousarray(np.asarray(canonical.dataobj)[::-1, ::-1, :].transpose(2, 1, 0))


def _build(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image: Any = nib.load(path)
    if not np.allclose(image.header.get_zooms()[:3], 1.0, atol=1e-3):
        raise ValueError(f"{path.name} is not at 1 mm")
    codes = labels.encode(np.asarray(to_lps(image)).astype(np.int32))
    box = ndimage.find_objects((codes > 0).astype(np.uint8))[0]
    codes = np.ascontiguousarray(codes[box])
    in_brain = np.array([tissue.in_brain for tissue in labels.TISSUES])
    outside = ~in_brain[labels.code_to_tissue()[codes]]
    distance = ndimage.distance_transform_edt(outside)
    return codes, np.minimum(distance, 255).astype(np.uint8)


def load_anatomy(path: Path, cache_dir: Path) -> Anatomy:
    """Read one label file, through a cache of its canonical form.

    Raises:
        ValueError: not at 1 mm, or ids that the head key does not name.
    """
    name = path.name.removesuffix(".nii.gz")
    cached = cache_dir / f"{name}.v{_CACHE_VERSION}.npz"
    if not cached.exists():
        codes, distance = _build(path)
        cache_dir.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(cached, codes=codes, brain_distance=distance)
    with np.load(cached, allow_pickle=False) as stored:
        return Anatomy(name=name, codes=stored["codes"], brain_distance=stored["brain_distance"])


def digest_of(paths: list[Path]) -> str:
    """SHA-256 over the names and contents of label files, in name order."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.name.encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
