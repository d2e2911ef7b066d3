"""What the figures of sets react to: ``python -m ml.evaluation.study --labels DIR``.

Half of the people are the references. The others, scanned by the simulator, are what a perfect
generator would make; then the same images are damaged in one way each, and copies of the
references stand for a generator that has learnt them by heart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from ml.dicom.nifti import read_nifti
from ml.evaluation.case import ImagePair
from ml.evaluation.features import SPACES, features_of
from ml.evaluation.frozen import Frozen
from ml.evaluation.masks import body_mask
from ml.evaluation.sets import SET_METRICS, Samples, set_figure
from ml.evaluation.table import for_terminal, number
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.simulate.render import t1w

SPACING_MM = (2.0, 2.0, 2.0)
Damage = Callable[[Volume, int], Volume]


def _blurred(image: Volume, _seed: int) -> Volume:
    return image.like(ndimage.gaussian_filter(image.array, 1.0))


def _noisy(image: Volume, seed: int) -> Volume:
    noise = np.random.default_rng(seed).normal(0, 0.1, image.shape)
    return image.like((image.array + noise).astype(np.float32))


def _wrong_anatomy(image: Volume, _seed: int) -> Volume:
    """The upper half of the head turned back to front: every voxel's value is a real one."""
    array = image.array.copy()
    middle = len(array) // 2
    array[middle:] = array[middle:, ::-1]
    return image.like(array)


def _copied(image: Volume, seed: int) -> Volume:
    """A copy with a trace of noise, so that no voxel is equal."""
    noise = np.random.default_rng(seed).normal(0, 0.005, image.shape)
    return image.like((image.array + noise).astype(np.float32))


DAMAGES: dict[str, Damage] = {
    "blur, sd 1 voxel": _blurred,
    "noise, sd 0.1": _noisy,
    "wrong anatomy": _wrong_anatomy,
}
FRESH, COPIES = "other people, undamaged", "copies of references"


def scans(files: Sequence[Path]) -> list[Volume]:
    """A simulated T1-weighted scan of each label map, at 2 mm."""
    found = []
    for seed, file in enumerate(files):
        labels = canonical(read_nifti(file), SPACING_MM, "nearest")
        found.append(labels.like(t1w(np.rint(labels.array).astype(np.int32), seed)))
    return found


def study(files: Sequence[Path], frozen: Frozen) -> str:
    """The table, as Markdown."""
    images = scans(files)
    ref, others = images[::2], images[1::2]
    sets = {FRESH: others} | {
        name: [damage(image, seed) for seed, image in enumerate(others)]
        for name, damage in DAMAGES.items()
    }
    sets[COPIES] = [_copied(image, seed) for seed, image in enumerate(ref)]
    reference = _samples(ref, frozen)
    samples = {name: _samples(found, frozen) for name, found in sets.items()}
    lines = ["| features | images | " + " | ".join(SET_METRICS) + " |"]
    lines.append("|" + "---|" * (2 + len(SET_METRICS)))
    for space in SPACES:
        for name, found in samples.items():
            figures = [set_figure(metric, space, found, reference) for metric in SET_METRICS]
            lines.append(f"| {space} | {name} | " + " | ".join(map(number, figures)) + " |")
    return "\n".join(lines) + "\n"


def _samples(images: Sequence[Volume], frozen: Frozen) -> Samples:
    samples = Samples()
    for index, image in enumerate(images):
        mask = body_mask(image.array, hounsfield=False)
        low, high = float(image.array.min()), float(image.array.max())
        pair = ImagePair(pred=image, ref=image, mask=mask, value_range=(low, high))
        samples.add(f"sub-{index:02d}", features_of(image, pair, frozen))
    return samples


def main() -> None:
    """Print the table for the label maps of a folder."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.study")
    parser.add_argument("--labels", type=Path, required=True, help="folder of label maps")
    parser.add_argument("--people", type=int, default=20)
    arguments = parser.parse_args()
    files = sorted(arguments.labels.glob("*.nii.gz"))[: arguments.people]
    sys.stdout.write(for_terminal(study(files, Frozen())))


if __name__ == "__main__":
    main()
