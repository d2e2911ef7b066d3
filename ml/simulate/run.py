"""A scenario from labels to files: NIfTI with the whole truth, DICOM studies, ``truth.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.provenance import Algorithm
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.patient import visit
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.rendering import RENDERINGS, Rendered, Subject
from ml.simulate.scenarios import Scenario
from ml.simulate.study import StudyOf, folder_of, on_its_grid, write_study
from ml.simulate.truth import UNITS, patient_facts, plain, visit_facts, write_truth
from ml.simulate.variation import varied

VERSION = "2.0.0"
_MARGIN_MM = 12.0
_PHANTOM_MM = 2.0
_PHANTOM_SHAPE = (106, 102, 82)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One run: ``label_map`` None is the phantom of ellipsoids; ``as_is`` keeps the anatomy, else
    the seed makes another person of it."""

    scenario: Scenario
    seed: int = 0
    label_map: Path | None = None
    as_is: bool = False
    device: str = "cpu"


def simulate(simulation: Simulation, out_dir: Path) -> list[Path]:
    """Write ``nifti/`` and ``dicom/`` with a folder per visit, and ``truth.json``. The same
    simulation writes the same images, labels and UIDs.

    Returns:
        The files written.

    Raises:
        InputUnreadable, InputRefused: the label map is no NIfTI file, or no labels of a head.
        ValueError: the scenario has no place in this anatomy.
    """
    grid, origin = _anatomy(simulation)
    scenario, seed = simulation.scenario, simulation.seed
    patient = scenario.patient(grid.array, grid.spacing, seed)
    digest = grid.digest()
    of = StudyOf(
        key=f"simulate/{VERSION}/{scenario.name}/{seed}/{digest}",
        patient_id=f"SIM-{scenario.name}-{seed}-{digest[:8]}".upper(),
        scenario=scenario.name,
        algorithm=Algorithm(
            name="Synoptic head simulator",
            version=VERSION,
            parameters={"scenario": scenario.name, "seed": seed, "labels_sha256": digest},
        ),
    )
    paths: list[Path] = []
    visits = []
    for number, day in enumerate(scenario.days):
        now = visit(patient, day, device=simulation.device)
        name = f"day-{day:g}"
        maps = now.tissue().to(torch.device(simulation.device))
        first_seed = 1000 * seed + 100 * number
        series = [
            RENDERINGS[kind](Subject(now, maps, first_seed + index))
            for index, kind in enumerate(scenario.series)
        ]
        paths += write_truth(now, maps, grid, out_dir / "nifti" / name)
        paths += _write_images(series, grid, out_dir / "nifti" / name)
        paths += write_study(
            now, series, grid, out_dir / "dicom" / name, of=of, planning=scenario.planning
        )
        visits.append({**visit_facts(now), "series": [_series_facts(s) for s in series]})
    truth = {
        "scenario": scenario.name,
        "summary": scenario.summary,
        "simulator": VERSION,
        "synthetic": True,
        "seed": seed,
        "anatomy": {**origin, "sha256": digest, "shape_zyx": list(grid.shape)},
        "spacing_mm_zyx": list(grid.spacing),
        "units": UNITS,
        "patient": patient_facts(patient),
        "visits": visits,
    }
    path = out_dir / "truth.json"
    path.write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*paths, path]


def _anatomy(simulation: Simulation) -> tuple[Volume, dict[str, Any]]:
    """Labels along +LPS, and where they come from."""
    if simulation.label_map is None:
        step = _PHANTOM_MM
        volume, source = ellipsoid_head(_PHANTOM_SHAPE, (step, step, step)), "phantom of ellipsoids"
    else:
        volume, source = _label_map(simulation.label_map), simulation.label_map.name
    if simulation.as_is:
        return volume, {"source": source, "varied": False}
    volume = _with_margin(volume)
    array, _ = varied(volume.array, volume.spacing, simulation.seed)
    return volume.like(array), {"source": source, "varied": True}


def _with_margin(volume: Volume) -> Volume:
    """Air around a head that fills its box, so that a larger or turned one is not cut off."""
    pads = [round(_MARGIN_MM / step) for step in volume.spacing]
    affine = volume.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.array(pads[::-1], dtype=np.float64)
    return Volume(array=np.pad(volume.array, [(pad, pad) for pad in pads]), affine=affine)


def _label_map(path: Path) -> Volume:
    volume = read_nifti(path)
    if volume.array.dtype.kind == "f":
        if not np.array_equal(volume.array, np.rint(volume.array)):
            raise InputRefused("A label map is needed: these values are no whole numbers.")
        volume = volume.like(volume.array.astype(np.int32))
    volume = canonical(volume, volume.spacing, "nearest")
    ids: NDArray[Any] = np.rint(volume.array).astype(np.int32)
    try:
        labels.encode(ids)
    except (ValueError, IndexError) as error:
        raise InputRefused("The label map holds ids that the head's key does not name.") from error
    return Volume(array=ids.astype(np.uint16), affine=volume.affine)


def _write_images(series: list[Rendered], grid: Volume, out_dir: Path) -> list[Path]:
    paths = []
    for rendered in series:
        path = out_dir / f"{folder_of(rendered.name)}.nii.gz"
        write_nifti(on_its_grid(rendered, grid), path)
        paths.append(path)
        if rendered.raw:
            raw = out_dir / f"{folder_of(rendered.name)}-kspace.npz"
            np.savez_compressed(raw, **rendered.raw)  # type: ignore[arg-type]
            paths.append(raw)
    return paths


def _series_facts(rendered: Rendered) -> dict[str, Any]:
    return {
        "name": rendered.name,
        "modality": rendered.modality,
        "folder": folder_of(rendered.name),
        "shape_zyx": list(rendered.image.shape),
        "slice_step_mm": rendered.step_mm,
        "parameters": plain(rendered.parameters),
    }
