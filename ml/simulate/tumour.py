"""One tumour in one anatomy over time: where it starts, how it grows, what treatment does."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ml.simulate import growth, labels
from ml.simulate.growth import GrowthRates, Spacing

WHITE_TISSUES = ("cerebral white matter", "cerebellar white matter", "brain stem")
FLUID_TISSUES = (
    "lateral ventricle",
    "inferior lateral ventricle",
    "third ventricle",
    "fourth ventricle",
    "cerebrospinal fluid",
)
# The growth is smooth: half the resolution gives the same front for a sixteenth of the work.
_SOLVER_MM = 2.0
_START_SD_MM = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Resection:
    """Removal, on one day, of the core and ``margin_mm`` of brain around it; fluid fills it."""

    day: float
    margin_mm: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiotherapy:
    """Fractions on five days a week to the oedema at planning and ``margin_mm`` around it."""

    first_day: float
    fractions: int = 30
    dose_gy: float = 2.0
    alpha_per_gy: float = 0.06
    alpha_beta_gy: float = 10.0
    margin_mm: float = 20.0

    @property
    def days(self) -> tuple[float, ...]:
        return tuple(self.first_day + 7 * (i // 5) + i % 5 for i in range(self.fractions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chemotherapy:
    """A constant kill rate (1/day) from the first to the last day."""

    first_day: float
    last_day: float
    kill_rate: float = 0.01


Treatment = Resection | Radiotherapy | Chemotherapy


@dataclass(frozen=True, slots=True, kw_only=True)
class Tumour:
    """A tumour that is ``age_days`` old on day 0.

    ``origin``: voxel (z, y, x) in white matter; by default one drawn from the patient's seed.
    ``mass_effect``: by how much full density expands the tissue (share of its volume).
    """

    rates: GrowthRates = field(default_factory=GrowthRates)
    age_days: float = 450.0
    origin: tuple[int, int, int] | None = None
    mass_effect: float = 0.3
    treatments: tuple[Treatment, ...] = ()


@dataclass(frozen=True, slots=True)
class TumourState:
    """Density float32 0..1 and the cavity's share 0..1, both (z, y, x) on the anatomy's grid."""

    density: NDArray[np.float32]
    cavity: NDArray[np.float32]
    origin: tuple[int, int, int]


def brain_masks(label_ids: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """White and grey matter (z, y, x), between which a tumour moves; fluid is in neither.

    Raises:
        ValueError: an id that the head key does not name.
    """
    tissue = labels.code_to_tissue()[labels.encode(label_ids)]
    white = np.isin(tissue, [labels.tissue_index(name) for name in WHITE_TISSUES])
    fluid = np.isin(tissue, [labels.tissue_index(name) for name in FLUID_TISSUES])
    brain = np.array([t.in_brain for t in labels.TISSUES])[tissue]
    return white, brain & ~white & ~fluid


def draw_origin(
    white: NDArray[np.bool_], spacing_mm: Spacing, rng: np.random.Generator
) -> tuple[int, int, int]:
    """A voxel of white matter away from its border, at random.

    Raises:
        ValueError: there is no white matter.
    """
    if not white.any():
        raise ValueError("a tumour starts in white matter, and there is none")
    depth = ndimage.distance_transform_edt(white, sampling=spacing_mm)
    deep = np.argwhere(depth >= min(6.0, 0.7 * float(depth.max())))
    z, y, x = deep[rng.integers(len(deep))]
    return int(z), int(y), int(x)


def tumour_at(
    tumour: Tumour,
    label_ids: NDArray[np.integer],
    spacing_mm: Spacing,
    day: float,
    *,
    rng: np.random.Generator,
    device: str | torch.device = "cpu",
) -> TumourState:
    """The tumour on ``day`` in the undeformed anatomy.

    Args:
        label_ids: source ids (z, y, x).
        day: days after the first visit; before ``-age_days`` there is none.
        rng: for the place, where none is given.

    Raises:
        ValueError: no white matter, or an origin outside the brain.
    """
    white, grey = brain_masks(label_ids)
    origin = tumour.origin or draw_origin(white, spacing_mm, rng)
    if not (white | grey)[origin]:
        raise ValueError("the tumour's origin lies outside the brain")
    box = _box(white | grey)
    z, y, x = (max(1, round(_SOLVER_MM / step)) for step in spacing_mm)
    stride = (z, y, x)
    coarse = (slice(None, None, z), slice(None, None, y), slice(None, None, x))
    spacing = (spacing_mm[0] * z, spacing_mm[1] * y, spacing_mm[2] * x)
    at = [(o - b.start) / s for o, b, s in zip(origin, box, stride, strict=True)]
    diffusion = growth.diffusion_map(
        torch.from_numpy(white[box][coarse].copy()),
        torch.from_numpy(grey[box][coarse].copy()),
        tumour.rates.diffusion,
    )[None].to(device)
    course = _Course(tumour, diffusion, spacing)
    course.start(at)
    course.run(day)
    domain = (white | grey)[box]
    shape = (domain.shape[0], domain.shape[1], domain.shape[2])
    density, cavity = np.zeros(white.shape, np.float32), np.zeros(white.shape, np.float32)
    everywhere = torch.ones_like(diffusion, dtype=torch.bool)
    for target, coarse_field, known in (
        (density, course.density, diffusion > 0),
        (cavity, course.cavity, everywhere),
    ):
        fine = growth.refined(coarse_field, known, stride, shape)[0].cpu().numpy()
        target[box] = fine * domain
    return TumourState(density=density * (1 - cavity), cavity=cavity, origin=origin)


def _box(brain: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    z, y, x = ndimage.find_objects(brain.astype(np.uint8))[0]
    return z, y, x


class _Course:
    """Marches one density through the treatments in order of time."""

    def __init__(self, tumour: Tumour, diffusion: Tensor, spacing_mm: Spacing) -> None:
        self.tumour, self.spacing = tumour, spacing_mm
        self.diffusion = diffusion.clone()
        self.density = torch.zeros_like(diffusion)
        self.cavity = torch.zeros_like(diffusion)
        self.now = -tumour.age_days
        self._targets: dict[Radiotherapy, Tensor] = {}

    def start(self, at: list[float]) -> None:
        squared = torch.zeros(self.density.shape[1:], device=self.density.device)
        for axis, (place, step) in enumerate(zip(at, self.spacing, strict=True)):
            view = [1, 1, 1]
            view[axis] = -1
            index = torch.arange(squared.shape[axis], device=squared.device, dtype=torch.float32)
            squared = squared + ((index - place) * step).reshape(view) ** 2
        ball = 0.8 * torch.exp(-0.5 * squared / _START_SD_MM**2)
        self.density = ball[None] * (self.diffusion > 0)

    def run(self, day: float) -> None:
        if day < self.now:
            self.density = torch.zeros_like(self.density)
            return
        for moment, treatment in self._moments():
            if moment > day:
                break
            self._grow_until(moment)
            if isinstance(treatment, Resection):
                self._resect(treatment)
            elif isinstance(treatment, Radiotherapy):
                self._irradiate(treatment)
        self._grow_until(day)

    def _moments(self) -> list[tuple[float, Treatment]]:
        moments: list[tuple[float, Treatment]] = []
        for treatment in self.tumour.treatments:
            if isinstance(treatment, Resection):
                moments.append((treatment.day, treatment))
            elif isinstance(treatment, Radiotherapy):
                moments += [(fraction, treatment) for fraction in treatment.days]
            else:
                moments += [(treatment.first_day, treatment), (treatment.last_day, treatment)]
        return sorted((m for m in moments if m[0] >= self.now), key=lambda moment: moment[0])

    def _kill_rate(self) -> float:
        return sum(
            t.kill_rate
            for t in self.tumour.treatments
            if isinstance(t, Chemotherapy) and t.first_day <= self.now < t.last_day
        )

    def _grow_until(self, day: float) -> None:
        if day <= self.now:
            return
        self.density = growth.grow(
            self.density,
            self.diffusion,
            self.spacing,
            days=day - self.now,
            proliferation=self.tumour.rates.proliferation,
            kill_rate=self._kill_rate(),
        )
        self.now = day

    def _resect(self, resection: Resection) -> None:
        core = self.density > growth.CORE_ABOVE
        removed = growth.within(core, resection.margin_mm, self.spacing) & (self.diffusion > 0)
        self.cavity = torch.where(removed, 1.0, self.cavity)
        self.density = torch.where(removed, 0.0, self.density)
        self.diffusion = torch.where(removed, 0.0, self.diffusion)

    def _irradiate(self, therapy: Radiotherapy) -> None:
        if therapy not in self._targets:  # planned once, on the first day
            visible = (self.density > growth.OEDEMA_ABOVE) | (self.cavity > 0)
            self._targets[therapy] = growth.within(visible, therapy.margin_mm, self.spacing)
        survival = growth.linear_quadratic_survival(
            therapy.dose_gy, therapy.alpha_per_gy, therapy.alpha_beta_gy
        )
        self.density = torch.where(self._targets[therapy], self.density * survival, self.density)
