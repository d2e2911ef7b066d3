"""One patient over time: an anatomy, what befalls it, and how it looks on any day.

Day 0 is the first visit. The lesions live in the anatomy as it was then; the displacement of a
visit (atrophy, then mass effect) carries anatomy, lesions and texture to the visit's own grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.simulate import growth, lesion_kinds
from ml.simulate.atrophy import atrophy_over
from ml.simulate.expansion import mass_effect
from ml.simulate.growth import Spacing
from ml.simulate.haemorrhage import Haemorrhage, haematoma
from ml.simulate.ms import MsDisease, plaque_share, plaques
from ml.simulate.tissue import Layer, TissueMaps, tissue_maps
from ml.simulate.tumour import Tumour, brain_masks, tumour_at
from ml.simulate.warp import partial_volumes, sample_linear, warp

# Ids of lesions are the same at every visit of a patient.
TUMOUR_CORE_ID, TUMOUR_OEDEMA_ID, CAVITY_ID = 1, 2, 3
HAEMATOMA_IDS, HAEMATOMA_OEDEMA_IDS, PLAQUE_IDS = 10, 50, 100
_MAX_HAEMORRHAGES = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patient:
    """An anatomy (source ids (z, y, x), voxel size in mm) and its diseases.

    ``annual_change``: label id to relative volume change per year, see ``atrophy``. ``seed`` of
    everything that is drawn: places of lesions, tissue values, texture.
    """

    label_ids: NDArray[np.integer[Any]]
    spacing_mm: Spacing
    seed: int = 0
    annual_change: Mapping[int, float] = field(default_factory=dict)
    tumour: Tumour | None = None
    ms: MsDisease | None = None
    haemorrhages: tuple[Haemorrhage, ...] = ()

    def __post_init__(self) -> None:
        if self.label_ids.ndim != 3:
            raise ValueError("labels must be (z, y, x)")
        if len(self.haemorrhages) > _MAX_HAEMORRHAGES:
            raise ValueError(f"at most {_MAX_HAEMORRHAGES} haemorrhages")


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion at one visit; ``volume_ml`` counts partial volumes, its voxels do not."""

    lesion_id: int
    kind: str
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """The truth about a patient on one day, all on the patient's grid (z, y, x).

    ``label_ids``: anatomy (a structure keeps its label under a lesion), ``first_ids``: on day 0;
    ``layers``: the lesions, ``first_layers``: in the anatomy of day 0.
    ``lesion_ids`` uint16, 0 outside. ``displacement_mm`` float32 (3, z, y, x): pull from here to
    day 0's anatomy.
    ``volumes_ml``: label id to volume, partial volumes counted. ``density``: tumour cells, 0..1.
    """

    day: float
    seed: int
    spacing_mm: Spacing
    label_ids: NDArray[np.uint16]
    first_ids: NDArray[np.uint16]
    displacement_mm: NDArray[np.float32]
    lesion_ids: NDArray[np.uint16]
    lesions: tuple[Lesion, ...]
    volumes_ml: dict[int, float]
    layers: tuple[Layer, ...]
    first_layers: tuple[Layer, ...]
    density: NDArray[np.float32] | None = None

    def tissue(self) -> TissueMaps:
        """T1, T2, proton density and HU, (1, z, y, x)."""
        moved = bool(np.any(self.displacement_mm))
        pull = _in_voxels(self.displacement_mm, self.spacing_mm) if moved else None
        return tissue_maps(self.first_ids, self.first_layers, seed=self.seed, pull_voxels=pull)


@dataclass(frozen=True, slots=True)
class _Part:
    """A lesion in day 0's anatomy."""

    lesion_id: int
    layer: Layer
    swelling: float = 0.0


def visit(patient: Patient, day: float, *, device: str | torch.device = "cpu") -> Visit:
    """``patient`` on ``day``; the same patient and day give the same visit.

    Args:
        device: where the tumour's growth is computed.

    Raises:
        ValueError: a disease that the anatomy has no place for, or an id that the head key does
            not name.
    """
    parts, density = _parts(patient, day, device)
    displacement = _displacement(patient, parts, day)
    spacing = patient.spacing_mm
    moved = bool(displacement.any())
    pull = _in_voxels(displacement, spacing)
    ids = patient.label_ids.astype(np.uint16)
    carried = [
        (part, _carried(part.layer.share, pull) if moved else part.layer.share) for part in parts
    ]
    lesion_ids = np.zeros(ids.shape, dtype=np.uint16)
    taken = np.full(ids.shape, 0.5, dtype=np.float32)
    for part, share in carried:  # where two lesions share a voxel, the later one names it
        mine = share >= taken
        lesion_ids[mine] = part.lesion_id
    voxel_ml = float(np.prod(spacing)) / 1000
    return Visit(
        day=day,
        seed=patient.seed,
        spacing_mm=spacing,
        label_ids=warp(ids, displacement, spacing, order=0) if moved else ids,
        first_ids=ids,
        displacement_mm=displacement,
        lesion_ids=lesion_ids,
        lesions=tuple(
            Lesion(part.lesion_id, part.layer.kind, float(share.sum(dtype=np.float64)) * voxel_ml)
            for part, share in carried
            if share.any()
        ),
        volumes_ml={label: count * voxel_ml for label, count in partial_volumes(ids, pull).items()},
        layers=tuple(Layer(p.layer.kind, share, p.layer.matter) for p, share in carried),
        first_layers=tuple(part.layer for part in parts),
        density=_carried(density, pull) if density is not None and moved else density,
    )


def _in_voxels(displacement_mm: NDArray[np.float32], spacing_mm: Spacing) -> Tensor:
    scale = torch.tensor(spacing_mm)[:, None, None, None]
    return torch.from_numpy(displacement_mm) / scale


def _carried(share: NDArray[np.float32], pull: Tensor) -> NDArray[np.float32]:
    moved: NDArray[np.float32] = sample_linear(torch.from_numpy(share)[None], pull)[0].numpy()
    return moved


def _displacement(patient: Patient, parts: list[_Part], day: float) -> NDArray[np.float32]:
    """Atrophy since day 0, then the push of the lesions on what it left; composed to one pull."""
    ids, spacing = patient.label_ids, patient.spacing_mm
    shrunk = atrophy_over(ids, spacing, patient.annual_change, day)
    swelling = np.zeros(ids.shape, dtype=np.float32)
    for part in parts:
        swelling += part.swelling * part.layer.share
    if not swelling.any():
        return shrunk
    if shrunk.any():
        swelling = _carried(swelling, _in_voxels(shrunk, spacing))
        ids = warp(ids, shrunk, spacing, order=0)
    pushed = mass_effect(swelling, ids, spacing)
    carried = sample_linear(torch.from_numpy(shrunk), _in_voxels(pushed, spacing)).numpy()
    total: NDArray[np.float32] = pushed + carried
    return total


def _parts(
    patient: Patient, day: float, device: str | torch.device
) -> tuple[list[_Part], NDArray[np.float32] | None]:
    """All lesions of the day in day 0's anatomy, and the tumour's density."""
    parts: list[_Part] = []
    density = None
    if patient.ms is not None:
        parts += _plaque_parts(patient, patient.ms, day)
    if patient.tumour is not None:
        tumour_parts, density = _tumour_parts(patient, patient.tumour, day, device)
        parts += tumour_parts
    for index, bleeding in enumerate(patient.haemorrhages):
        parts += _haematoma_parts(patient, bleeding, index, day)
    return parts, density


def _plaque_parts(patient: Patient, disease: MsDisease, day: float) -> list[_Part]:
    ids, spacing = patient.label_ids, patient.spacing_mm
    z, y, x = ids.shape
    white, _ = brain_masks(ids)
    return [
        _Part(
            PLAQUE_IDS + plaque.number,
            Layer(
                "MS plaque",
                plaque_share(plaque, (z, y, x), spacing, day) * white,
                lesion_kinds.MS_PLAQUE,
            ),
        )
        for plaque in plaques(disease, ids, spacing, patient.seed, day)
    ]


def _tumour_parts(
    patient: Patient, tumour: Tumour, day: float, device: str | torch.device
) -> tuple[list[_Part], NDArray[np.float32]]:
    rng = np.random.default_rng([patient.seed, 11])
    state = tumour_at(tumour, patient.label_ids, patient.spacing_mm, day, rng=rng, device=device)
    core = _above(state.density, growth.CORE_ABOVE)
    visible = _above(state.density, growth.OEDEMA_ABOVE)
    parts = [
        _Part(
            TUMOUR_OEDEMA_ID,
            Layer("tumour oedema", np.maximum(visible - core, 0), lesion_kinds.TUMOUR_OEDEMA),
            tumour.mass_effect * growth.OEDEMA_ABOVE * 2,
        ),
        _Part(
            TUMOUR_CORE_ID,
            Layer("tumour core", core, lesion_kinds.TUMOUR_CORE),
            tumour.mass_effect,
        ),
        _Part(CAVITY_ID, Layer("resection cavity", state.cavity, lesion_kinds.CAVITY)),
    ]
    return parts, state.density


def _above(density: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Share of a voxel that lies above ``level``: a half exactly there."""
    share: NDArray[np.float32] = np.clip(0.5 + (density - level) / 0.16, 0, 1)
    return share


def _haematoma_parts(
    patient: Patient, bleeding: Haemorrhage, index: int, day: float
) -> list[_Part]:
    if day < bleeding.day:
        return []
    clot, oedema = haematoma(
        bleeding, patient.label_ids, patient.spacing_mm, patient.seed + index, day
    )
    blood = lesion_kinds.blood_of_age(day - bleeding.day)
    return [
        _Part(
            HAEMATOMA_OEDEMA_IDS + index,
            Layer("haematoma oedema", oedema, lesion_kinds.HAEMATOMA_OEDEMA),
            0.1 * bleeding.mass_effect,
        ),
        _Part(HAEMATOMA_IDS + index, Layer("haematoma", clot, blood), bleeding.mass_effect),
    ]
