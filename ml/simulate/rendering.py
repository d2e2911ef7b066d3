"""The image series of a visit by name, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.simulate import kspace
from ml.simulate.acquire import (
    CtScanner,
    MrScanner,
    ct_image,
    mr_image,
    random_contrast_image,
    slices,
)
from ml.simulate.corrupt import bias_field
from ml.simulate.draw import Draw
from ml.simulate.low_dose import Beam, low_dose_ct
from ml.simulate.patient import Visit
from ml.simulate.protocols import PROTOCOLS, Protocol
from ml.simulate.tissue import TissueMaps

COILS, ACCELERATION, ACS_LINES, KSPACE_NOISE = 12, 4, 16, 0.01
# Slices are independent; a few at a time keep the coils' images small.
_SLICES_AT_ONCE = 16
THICK_MM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rendered:
    """One series: float32 (z, y, x), HU for CT, white matter at about 1 for MR.

    ``first_mm``: z of its first slice above that of the visit's grid; ``step_mm``: between slices.
    ``parameters``: what it was made with. ``raw``: arrays of its measurement, if kept.
    """

    name: str
    modality: Literal["MR", "CT"]
    image: NDArray[np.float32]
    step_mm: float
    first_mm: float = 0.0
    protocol: Protocol | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rendering starts from: a visit, its maps on the device, and a seed of its own."""

    visit: Visit
    maps: TissueMaps
    seed: int


def _mr(name: str, protocol: Protocol) -> Callable[[Subject], Rendered]:
    def render(subject: Subject) -> Rendered:
        scanner = MrScanner()
        spacing = subject.visit.spacing_mm
        image = mr_image(subject.maps, protocol, spacing, [subject.seed], scanner)
        return Rendered(
            name=name,
            modality="MR",
            image=_volume(image),
            step_mm=spacing[0],
            protocol=protocol,
            parameters={**protocol.settings, **_fields(scanner)},
        )

    return render


def _thick(name: str, protocol: Protocol) -> Callable[[Subject], Rendered]:
    """Thick slices are averaged before the noise: they have less of it."""

    def render(subject: Subject) -> Rendered:
        scanner, spacing = MrScanner(noise=0.012), subject.visit.spacing_mm
        fine = mr_image(subject.maps, protocol, spacing, [subject.seed], MrScanner(noise=0.0))
        image, first = slices(fine, spacing, thickness_mm=max(THICK_MM, spacing[0]))
        draw = Draw(subject.seed + 1)
        noise = [scanner.noise * draw.normals(*image.shape).to(image.device) for _ in range(2)]
        return Rendered(
            name=name,
            modality="MR",
            image=_volume(torch.sqrt((image + noise[0]) ** 2 + noise[1] ** 2)),
            step_mm=max(THICK_MM, spacing[0]),
            first_mm=first,
            protocol=protocol,
            parameters={**protocol.settings, **_fields(scanner), "thickness_mm": THICK_MM},
        )

    return render


def _undersampled(name: str, protocol: Protocol, *, sense: bool) -> Callable[[Subject], Rendered]:
    def render(subject: Subject) -> Rendered:
        spacing, maps = subject.visit.spacing_mm, subject.maps
        ideal = mr_image(maps, protocol, spacing, [subject.seed], MrScanner(noise=0.0, bias=0.0))
        _, z, y, x = ideal.shape
        phase = torch.log(bias_field(Draw(subject.seed + 2), (z, y, x), strength=0.7))
        coils = kspace.coil_maps(COILS, (z, y, x), subject.seed, ideal.device)
        mask = kspace.uniform_mask(y, acceleration=ACCELERATION, acs=min(ACS_LINES, y))
        mask = mask.to(ideal.device)
        measured = kspace.forward(torch.polar(ideal, phase[None].to(ideal.device)), coils, mask)
        measured = kspace.noisy(measured, mask, [subject.seed + 3], sd=KSPACE_NOISE)
        solve = kspace.sense if sense else kspace.adjoint
        parts = [
            solve(measured[:, :, some], coils[:, some], mask).abs()
            for start in range(0, z, _SLICES_AT_ONCE)
            for some in [slice(start, start + _SLICES_AT_ONCE)]
        ]
        return Rendered(
            name=name,
            modality="MR",
            image=_volume(torch.cat(parts, dim=1)),
            step_mm=spacing[0],
            protocol=protocol,
            parameters={
                **protocol.settings,
                "coils": COILS,
                "acceleration": ACCELERATION,
                "acs_lines": ACS_LINES,
                "noise": KSPACE_NOISE,
            },
            raw={
                "kspace_lines": measured[0][:, :, mask].cpu().numpy(),
                "line_mask": mask.cpu().numpy(),
                "coil_maps": coils.cpu().numpy(),
            }
            if sense
            else {},
        )

    return render


def _random(subject: Subject) -> Rendered:
    visit = subject.visit
    ids = torch.from_numpy(visit.label_ids.astype(np.int32))[None]
    image = random_contrast_image(ids, [visit.layers], visit.spacing_mm, [subject.seed])
    return Rendered(
        name="Random contrast", modality="MR", image=_volume(image), step_mm=visit.spacing_mm[0]
    )


def _ct(subject: Subject) -> Rendered:
    scanner, spacing = CtScanner(), subject.visit.spacing_mm
    return Rendered(
        name="CT",
        modality="CT",
        image=_volume(ct_image(subject.maps, spacing, [subject.seed], scanner)),
        step_mm=spacing[0],
        parameters=_fields(scanner),
    )


def _low_dose(subject: Subject) -> Rendered:
    """2.5 mm slices, few quanta."""
    beam, spacing = Beam(photons=2e5), subject.visit.spacing_mm
    thickness = max(2.5, spacing[0])
    image, first = slices(subject.maps.hounsfield, spacing, thickness_mm=thickness)
    return Rendered(
        name="Low-dose CT",
        modality="CT",
        image=_volume(low_dose_ct(image, spacing[2], [subject.seed], beam)),
        step_mm=thickness,
        first_mm=first,
        parameters={**_fields(beam), "thickness_mm": thickness},
    )


RENDERINGS: Mapping[str, Callable[[Subject], Rendered]] = {
    **{name: _mr(name, protocol) for name, protocol in PROTOCOLS.items()},
    "T2w TSE thick": _thick("T2w TSE thick", PROTOCOLS["T2w TSE"]),
    "FLAIR thick": _thick("FLAIR thick", PROTOCOLS["FLAIR"]),
    "T2w TSE zero-filled": _undersampled("T2w TSE zero-filled", PROTOCOLS["T2w TSE"], sense=False),
    "T2w TSE SENSE": _undersampled("T2w TSE SENSE", PROTOCOLS["T2w TSE"], sense=True),
    "Random contrast": _random,
    "CT": _ct,
    "Low-dose CT": _low_dose,
}


def _volume(batch: Tensor) -> NDArray[np.float32]:
    volume: NDArray[np.float32] = batch[0].float().cpu().numpy()
    return volume


def _fields(settings: MrScanner | CtScanner | Beam) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__slots__}
