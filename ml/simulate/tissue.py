"""Tissue maps: T1, T2, proton density and HU of every voxel, from anatomy and lesions.

Tissue and its texture are made once per patient and carried along by the displacement, so that two
visits differ by what happened and not by new random tissue, also where it is less than a voxel.
What is moved is the signal and not the tissue: a voxel that is half fluid has the mean of two
signals, and not the signal of a tissue in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.simulate import labels
from ml.simulate.contrast import nominal_tissue
from ml.simulate.corrupt import gaussian_blur
from ml.simulate.deform import smooth_field
from ml.simulate.draw import Draw
from ml.simulate.matter import MATTER, Matter, matter_column, matter_index
from ml.simulate.warp import sample_linear

# T2* over T2 at 3 T, away from air.
T2_STAR_SHARE = 0.7
_RELAXATION_TEXTURE = {"t1_ms": 0.04, "t2_ms": 0.05, "proton_density": 0.02}
# CT numbers vary by a share of their distance from soft tissue (bone most), at least a little.
_HU_TEXTURE_SHARE, _HU_TEXTURE_FLOOR = 0.12, 2.0
_HU_SUBJECT_SHARE, _HU_SUBJECT_FLOOR = 0.06, 1.0
_MATTER_OF_CODE = torch.tensor([matter_index(s.matter) for s in labels.SOURCE_LABELS])
_FIELDS = ("t1_ms", "t2_ms", "proton_density", "hounsfield")


@dataclass(frozen=True, slots=True)
class Layer:
    """A lesion's matter and the share 0..1 of each voxel (z, y, x) that it takes."""

    kind: str
    share: NDArray[np.float32]
    matter: Matter


@dataclass(frozen=True, slots=True)
class TissueMaps:
    """Float32 tensors (B, z, y, x) on one device: ms, ms, relative to water, HU.

    ``still``: the same before anything moved, and ``pull_voxels`` (B, 3, z, y, x) back to it; both
    None where nothing moved.
    """

    t1_ms: Tensor
    t2_ms: Tensor
    proton_density: Tensor
    hounsfield: Tensor
    still: TissueMaps | None = field(default=None, kw_only=True)
    pull_voxels: Tensor | None = field(default=None, kw_only=True)

    @property
    def t2_star_ms(self) -> Tensor:
        return T2_STAR_SHARE * self.t2_ms

    def to(self, device: str | torch.device) -> TissueMaps:
        return TissueMaps(
            *(getattr(self, name).to(device) for name in _FIELDS),
            still=None if self.still is None else self.still.to(device),
            pull_voxels=None if self.pull_voxels is None else self.pull_voxels.to(device),
        )

    def moved(self, of_tissue: Callable[[TissueMaps], Tensor]) -> Tensor:
        """What ``of_tissue`` makes of unmixed tissue (B, z, y, x), moved to where it is now."""
        if self.still is None or self.pull_voxels is None:
            return of_tissue(self)
        made = of_tissue(self.still)
        items = zip(made, self.pull_voxels, strict=True)
        return torch.stack([sample_linear(one[None], pull)[0] for one, pull in items])


def stacked(maps: Sequence[TissueMaps]) -> TissueMaps:
    """Several maps of one grid as one batch.

    Raises:
        RuntimeError: the grids differ.
    """
    fields = [torch.cat([getattr(m, name) for m in maps]) for name in _FIELDS]
    if all(m.still is None for m in maps):
        return TissueMaps(*fields)
    pulls = [
        torch.zeros(len(m.t1_ms), 3, *m.t1_ms.shape[1:]) if m.pull_voxels is None else m.pull_voxels
        for m in maps
    ]
    return TissueMaps(
        *fields, still=stacked([m.still or m for m in maps]), pull_voxels=torch.cat(pulls)
    )


def tissue_maps(
    label_ids: NDArray[np.integer],
    layers: Sequence[Layer] = (),
    *,
    seed: int,
    pull_voxels: Tensor | None = None,
) -> TissueMaps:
    """Maps (1, z, y, x) on the CPU of one visit.

    Args:
        label_ids: source ids (z, y, x) of the patient on day 0.
        layers: lesions of the visit in the anatomy of day 0, in the order in which they cover each
            other.
        seed: of the patient: its tissue values and their texture.
        pull_voxels: (3, z, y, x) from the visit back to day 0.

    Raises:
        ValueError: an id that the head key does not name.
    """
    codes = torch.from_numpy(labels.encode(label_ids))
    draw = Draw(seed)
    values = _subject_values(draw)
    grain, patches = _texture(draw, (codes.shape[0], codes.shape[1], codes.shape[2]))
    matter = _MATTER_OF_CODE[codes.int()]
    # Soft tissue is muscle and fat in patches.
    fat = (codes == labels.code_of(507)) & (patches > draw.uniform(-0.3, 0.5))
    matter = torch.where(fat, matter_index("fat"), matter)
    fields = []
    for name in _FIELDS:
        mean, spread = values[name]
        values_of = mean[matter] + spread[matter] * grain
        for layer in layers:
            share = torch.from_numpy(layer.share)
            target = getattr(layer.matter, name) + 0.5 * float(spread[1]) * grain
            values_of = values_of + share * (target - values_of)
        fields.append(values_of[None])
    t1, t2, density, hounsfield = fields
    still = TissueMaps(t1.clamp_min(1), t2.clamp_min(0.1), density.clamp(0, 1.2), hounsfield)
    if pull_voxels is None:
        return still
    there = sample_linear(torch.cat([getattr(still, name) for name in _FIELDS]), pull_voxels)
    return TissueMaps(
        there[0:1],
        there[1:2],
        there[2:3],
        there[3:4].clamp_min(-1000),
        still=still,
        pull_voxels=pull_voxels[None],
    )


def _subject_values(draw: Draw) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and texture per kind of matter of one person at 3 T."""
    count = len(MATTER)
    spreads = {"t1_ms": 0.04, "t2_ms": 0.05, "proton_density": 0.02}
    values: dict[str, tuple[Tensor, Tensor]] = {}
    for (name, spread), nominal in zip(spreads.items(), nominal_tissue(), strict=True):
        mean = nominal * torch.exp(spread * draw.normals(count))
        values[name] = (mean, _RELAXATION_TEXTURE[name] * mean)
    nominal_hu = torch.from_numpy(matter_column("hounsfield"))
    away = (nominal_hu - 35).abs()
    persons = (_HU_SUBJECT_SHARE * away).clamp(_HU_SUBJECT_FLOOR, 60.0)
    texture = (_HU_TEXTURE_SHARE * away).clamp_min(_HU_TEXTURE_FLOOR)
    air, fat = matter_index("air"), matter_index("fat")
    persons[air] = texture[air] = 0.0
    texture[fat] = 3 * _HU_TEXTURE_FLOOR
    values["hounsfield"] = (nominal_hu + persons * draw.normals(count).clamp(-2, 2), texture)
    return values


def _texture(draw: Draw, shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Fine grain (sd about 1) and the patches of fat, both (z, y, x)."""
    fine = gaussian_blur(draw.normals(*shape), (0.8, 0.8, 0.8))
    slow = smooth_field(draw, shape, channels=1, node_spacing=12.0)[0]
    patches = smooth_field(draw, shape, channels=1, node_spacing=9.0)[0]
    return 0.9 * fine / fine.std().clamp_min(1e-6) + 0.4 * slow, patches
