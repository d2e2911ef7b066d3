"""Real pairs of MR and CT: read, aligned where they need it, brought to what a network sees.

The pairs are those of `sts-mr-ct`: T1 and CT of soft-tissue sarcoma of the limbs, one frame of
reference per patient (IBSI's set of the Soft-tissue-Sarcoma collection, Vallieres et al. 2015).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.dicom.nifti import read_nifti
from ml.imaging.body import body_of_ct, body_of_mr
from ml.imaging.register import deformed_onto
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.intensity import HU_RANGE

NEEDS_REGISTRATION = "needs-registration"
AIR_HU = -1000
# How far beyond the outline of the body the network still learns that there is air.
RIM_MM = 6.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """One patient on the grid of the MR, arrays (z, y, x).

    ``ct``: HU, air outside the body (the couch is gone). ``body``: outline on the CT, where the CT
    reaches. ``valid``: where CT and MR may be compared: body on both or air on both, within a rim
    around the body, not where the CT is cut off. ``registered``: the CT was deformed onto the MR.
    """

    name: str
    mr: Volume
    ct: NDArray[np.float32]
    body: NDArray[np.bool_]
    mr_body: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    registered: bool


def pair_folders(root: Path) -> list[Path]:
    """All patients under ``root``, by name.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(path.parent for path in root.glob("*/*/mr_t1.nii.gz"))
    if not found:
        raise FileNotFoundError(f"no pairs in {root}")
    return sorted(found, key=lambda path: path.name)


def data_digest(folders: list[Path]) -> str:
    """SHA-256 over names and bytes of all images."""
    total = hashlib.sha256()
    for folder in folders:
        for name in ("ct.nii.gz", "mr_t1.nii.gz"):
            total.update(f"{folder.name}/{name}".encode())
            total.update((folder / name).read_bytes())
    return total.hexdigest()


def read_pair(folder: Path, cache: Path | None = None, *, register: bool | None = None) -> Pair:
    """Read a patient; ``register``: deform the CT onto the MR (default: where the set says so).
    The deformed CT is kept in ``cache``."""
    mr, ct = read_nifti(folder / "mr_t1.nii.gz"), read_nifti(folder / "ct.nii.gz")
    wanted = folder.parent.name == NEEDS_REGISTRATION if register is None else register
    moved = ct
    if wanted:
        moved = _registered(mr, ct, folder.name, cache)
    return _paired(folder.name, mr, moved, registered=wanted)


def _registered(mr: Volume, ct: Volume, name: str, cache: Path | None) -> Volume:
    kept = cache / f"{name}.npz" if cache else None
    if kept is not None and kept.exists():
        return mr.like(np.load(kept, allow_pickle=False)["ct"])
    moved = deformed_onto(mr, ct, outside=HU_RANGE[0])
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, ct=moved.array)
    return moved


def _paired(name: str, mr: Volume, ct: Volume, *, registered: bool) -> Pair:
    placed = ct if registered else to_grid(ct, mr, "linear", outside=-3000.0)
    covered = placed.array > -2000
    hu = np.clip(placed.array, *HU_RANGE).astype(np.float32)
    body, mr_body = body_of_ct(mr.like(hu)) & covered, body_of_mr(mr)
    hu = np.where(body, hu, np.float32(AIR_HU))
    spacing = mr.spacing
    near = ndimage.distance_transform_edt(~(body | mr_body), sampling=spacing) <= RIM_MM
    # Skin lies elsewhere on the day of the CT: body on one and air on the other is left out.
    valid = near & covered & (body == mr_body)
    return Pair(
        name=name,
        mr=mr,
        ct=hu,
        body=body,
        mr_body=mr_body,
        valid=valid,
        registered=registered,
    )


def alignment(pair: Pair) -> dict[str, float]:
    """How well CT and MR lie on each other: Dice of the outlines where the CT reaches, and MR
    signal inside cortical bone as a share of that in muscle (low is good: bone is dark)."""
    a, b = pair.body, pair.mr_body
    bone, muscle = pair.ct > 600, (pair.ct > 30) & (pair.ct < 90)
    values = pair.mr.array.astype(np.float32)
    dark = float("nan")
    if bone.any() and muscle.any():
        dark = float(np.median(values[bone])) / max(1e-6, float(np.median(values[muscle])))
    return {
        "body_dice": float(2 * (a & b).sum() / max(1, a.sum() + b.sum())),
        "bone_to_muscle": dark,
    }


def folds(names: list[str], count: int) -> dict[str, int]:
    """Patient to fold. By turns in alphabetical order: nothing of the images decides it."""
    return {name: index % count for index, name in enumerate(sorted(names))}
