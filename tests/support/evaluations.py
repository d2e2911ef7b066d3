"""Makes what tests/e2e/evaluations holds: really measured, of small simulated heads.

``python -m tests.support.evaluations FOLDER`` writes ``smooth.json``, ``noisy.json``, and
``partial.json``, which lacks one case.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.render import ct
from tests.support.processes import REPOSITORY

SUBJECTS = 6
SIZE_MM = 1.5
NOISE_HU = {"smooth": 60, "noisy": 80}
# Of the many tissues of the phantom, four: white matter, cortex, thalamus, compact bone.
TISSUES = (2, 3, 10, 515)


def predictions(root: Path) -> None:
    """Six heads of some centimetres, two scanners; noise is the only fault of a prediction."""
    rng = np.random.default_rng(0)
    for name in ("heads", "labels", "partial", *NOISE_HU):
        (root / name).mkdir(parents=True)
    table = ["subject,scanner"]
    for number in range(SUBJECTS):
        labels = ellipsoid_head((30, 32, 28), (7.0, 7.0, 6.5 + 0.2 * number))
        file = f"sub-{number:02d}.nii.gz"
        small = Volume(array=labels.array, affine=np.diag([SIZE_MM, SIZE_MM, SIZE_MM, 1.0]))
        image = small.like(ct(labels.array, number).astype(np.float32))
        few = np.where(np.isin(labels.array, TISSUES), labels.array, 0)
        write_nifti(image, root / "heads" / file)
        write_nifti(small.like(few.astype(labels.array.dtype)), root / "labels" / file)
        for name, sd in NOISE_HU.items():
            # Subjects differ in how hard they are, for both predictions alike.
            noise = rng.normal(0, sd * (1 + 0.2 * number), image.shape).astype(np.float32)
            write_nifti(image.like(image.array + noise), root / name / file)
        if number:
            shutil.copy(root / "smooth" / file, root / "partial" / file)
        table.append(f"sub-{number:02d},{'A' if number % 2 else 'B'}")
    (root / "heads" / "subjects.csv").write_text("\n".join(table) + "\n")


def measure(root: Path, name: str) -> Path:
    words = ["--pred", name, "--ref", "heads", "--labels", "labels", "--out", f"out-{name}"]
    rest = ["--tiers", "pixel,feature", "--data-kind", "simulated", "--resamples", "300"]
    subprocess.run(
        [sys.executable, "-m", "ml", "evaluate", "synthesis", *words, *rest, "--no-plots"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        check=name != "partial",
    )
    return root / f"out-{name}" / "evaluation.json"


def main(folder: Path) -> None:
    with TemporaryDirectory() as work:
        root = Path(work)
        predictions(root)
        for name in (*NOISE_HU, "partial"):
            shutil.copy(measure(root, name), folder / f"{name}.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
