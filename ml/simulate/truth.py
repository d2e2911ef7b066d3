"""The truth of a visit as NIfTI files and as plain values for ``truth.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from ml.dicom.nifti import write_nifti
from ml.dicom.structures import structures
from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.patient import Patient, Visit
from ml.simulate.tissue import TissueMaps

UNITS = {
    "time": "days from the first visit",
    "lengths": "mm, LPS",
    "volumes": "ml, partial volumes counted",
    "t1_ms": "ms",
    "t2_ms": "ms",
    "proton_density": "relative to water",
    "hounsfield": "HU",
    "displacement": "mm, LPS components, pull: from this visit's grid to where it was on day 0",
    "tumour_density": "share of the carrying capacity",
    "mr_images": "white matter at about 1 (NIfTI) or 1000 (DICOM)",
    "ct_images": "HU",
}
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_NIFTI_VECTOR = "vector"


def write_truth(visit: Visit, maps: TissueMaps, grid: Volume, out_dir: Path) -> list[Path]:
    """Labels, lesion ids, displacement, tissue maps (and tumour density) of ``visit``.

    ``grid`` gives the place; ``maps`` are (1, z, y, x).

    Returns:
        The files written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {
        "labels": visit.label_ids,
        "lesions": visit.lesion_ids,
        "t1_ms": maps.t1_ms[0].cpu().numpy(),
        "t2_ms": maps.t2_ms[0].cpu().numpy(),
        "proton_density": maps.proton_density[0].cpu().numpy(),
        "hounsfield": maps.hounsfield[0].cpu().numpy(),
    }
    if visit.density is not None:
        arrays["tumour_density"] = visit.density
    paths = []
    for name, array in arrays.items():
        path = out_dir / f"{name}.nii.gz"
        write_nifti(grid.like(array), path)
        paths.append(path)
    path = out_dir / "displacement.nii.gz"
    write_displacement(visit.displacement_mm, grid, path)
    return [*paths, path]


def write_displacement(displacement_mm: NDArray[np.float32], grid: Volume, path: Path) -> None:
    """A displacement (3, z, y, x) in mm along the grid's axes as a NIfTI vector image (x, y, z, 1,
    3) with LPS components, as ITK and ANTs read it."""
    along_axes = displacement_mm[::-1].transpose(3, 2, 1, 0)  # x, y, z components last
    direction = grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0)
    vectors = (along_axes @ direction.T).astype(np.float32)[:, :, :, None, :]
    image: Any = nib.Nifti1Image(vectors, _RAS_FROM_LPS @ grid.affine)
    image.header.set_intent(_NIFTI_VECTOR)
    image.header.set_xyzt_units("mm")
    image.set_qform(image.affine, code=1)
    image.set_sform(image.affine, code=1)
    nib.save(image, path)


def visit_facts(visit: Visit) -> dict[str, Any]:
    """Lesions and volumes of ``visit`` as plain values."""
    return {
        "day": visit.day,
        "volumes_ml": {
            str(label): {"name": label_name(label), "ml": round(volume, 4)}
            for label, volume in sorted(visit.volumes_ml.items())
            if label
        },
        "lesions": [
            {
                "id": lesion.lesion_id,
                "kind": lesion.kind,
                "ml": round(lesion.volume_ml, 4),
                "voxels": int((visit.lesion_ids == lesion.lesion_id).sum()),
            }
            for lesion in visit.lesions
        ],
        "largest_displacement_mm": round(
            float(np.sqrt((visit.displacement_mm**2).sum(0)).max()), 3
        ),
    }


def patient_facts(patient: Patient) -> dict[str, Any]:
    """Seed, diseases and treatment of ``patient`` as plain values."""
    return {
        "seed": patient.seed,
        "annual_change": {str(label): rate for label, rate in patient.annual_change.items()},
        "tumour": plain(patient.tumour),
        "ms": plain(patient.ms),
        "haemorrhages": plain(patient.haemorrhages),
    }


def plain(value: object) -> Any:
    """Dataclasses as dictionaries that name their kind, for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        fields = {name: plain(getattr(value, name)) for name in asdict(value)}
        return {"kind": type(value).__name__, **fields}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def label_name(label: int) -> str:
    """The structure's name, with its side; for ids beyond the structures, what they are made of."""
    if label in structures():
        return structures()[label].name
    return labels.SOURCE_LABELS[labels.code_of(label)].matter
