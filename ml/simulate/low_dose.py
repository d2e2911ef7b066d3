"""Low-dose CT: quantum noise where it arises, in the sinogram, and its way into the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ml.simulate.draw import Draw
from ml.simulate.radon import angles_of, filtered_back_projection, radon

# Water at about 70 keV, the mean energy of a 120 kV beam (NIST XCOM: 0.193 cm²/g).
WATER_PER_MM = 0.0193
_SLICES_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """``photons`` per ray before the patient; ``electronic``: sd of the detector's noise in
    photons; ``views`` over half a turn.

    Raises:
        ValueError: no photons or views.
    """

    photons: float = 2e5
    electronic: float = 10.0
    views: int = 360
    soft: bool = True

    def __post_init__(self) -> None:
        if self.photons <= 0 or self.views < 1 or self.electronic < 0:
            raise ValueError("a beam needs photons and views")


def attenuation(hounsfield: Tensor) -> Tensor:
    """Linear attenuation in 1/mm of CT numbers in HU; air and less is nothing."""
    return (WATER_PER_MM * (1 + hounsfield / 1000)).clamp_min(0)


def to_hounsfield(attenuation_per_mm: Tensor) -> Tensor:
    """CT numbers in HU of linear attenuation in 1/mm."""
    return 1000 * (attenuation_per_mm / WATER_PER_MM - 1)


def low_dose_ct(
    hounsfield: Tensor, pixel_mm: float, seeds: Sequence[int], beam: Beam | None = None
) -> Tensor:
    """A volume as scanned with ``beam``: projected, counted, reconstructed.

    Monochromatic parallel beam, no scatter: counts are Poisson with mean I0 exp(-p), plus
    electronic noise (Zeng et al., IEEE Trans. Nucl. Sci. 62:2226, 2015).

    Args:
        hounsfield: (B, z, y, x) in HU, square pixels of ``pixel_mm``.
        seeds: one per item.

    Returns:
        float32 HU of the same shape, cut to -1024..3071.

    Raises:
        ValueError: not one seed per item.
    """
    if len(seeds) != hounsfield.shape[0]:
        raise ValueError(f"{len(seeds)} seeds for {hounsfield.shape[0]} items")
    beam = beam or Beam()
    angles = angles_of(beam.views)
    scanned = []
    for item, seed in zip(hounsfield, seeds, strict=True):
        draw = Draw(seed)
        parts = [
            _scanned(part, angles, pixel_mm, beam, draw) for part in item.split(_SLICES_AT_ONCE)
        ]
        scanned.append(torch.cat(parts))
    return torch.stack(scanned).clamp(-1024, 3071)


def counted(line_integrals: Tensor, beam: Beam, draw: Draw) -> Tensor:
    """Line integrals as a detector gives them: counts drawn, then their logarithm."""
    mean = beam.photons * torch.exp(-line_integrals.cpu())
    counts = torch.poisson(mean, generator=draw.generator)
    counts = counts + beam.electronic * draw.normals(*counts.shape)
    return -torch.log(counts.clamp_min(1.0) / beam.photons).to(line_integrals.device)


def _scanned(slices: Tensor, angles: Tensor, pixel_mm: float, beam: Beam, draw: Draw) -> Tensor:
    projections = counted(radon(attenuation(slices), angles, pixel_mm), beam, draw)
    rows, columns = slices.shape[1:]
    image = filtered_back_projection(projections, angles, (rows, columns), pixel_mm, soft=beam.soft)
    return to_hounsfield(image)
