"""What needs no network: carry-forward, linear extrapolation, and a fitted Fisher-KPP model.

All give the residual (1, 4, z, y, x) as a network does. Treatments act on the Fisher-KPP model as
the simulator applies them, with its mean parameters; it also gets the true maps of white and grey
matter, which nobody has of a patient: it is favoured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ml.models.followup.config import TREATMENTS
from ml.models.followup.state import SDF_UNIT_MM, Question, occupied, signed_distance
from ml.simulate import growth
from ml.training.followup.pairs import BASE, Case, Triple, triples

SPACING = (2.0, 2.0, 2.0)
# Logits of the densities at which oedema and core become visible.
_EDGE = float(np.log(growth.OEDEMA_ABOVE / (1 - growth.OEDEMA_ABOVE)))
_CORE = float(np.log(growth.CORE_ABOVE / (1 - growth.CORE_ABOVE)))
_RIM_MM = (1.5, 25.0)
# The simulator's means: margin, survival of a fraction's course, kill rate over proliferation.
_MARGIN_MM, _FRACTIONS, _ALPHA, _KILL_SHARE = 4.0, 30, 0.06, 0.85
_CHEMOTHERAPY, _RADIOTHERAPY_START = (7.0, 187.0), 10.0


@dataclass(frozen=True, slots=True)
class Population:
    """Mean speed (mm/day) at which the visible border moves in untreated training patients."""

    speed: float


def population_of(cases: list[Case]) -> Population:
    speeds = [
        _speed(case.state(triple.follow)[1], case.state(triple.base)[1], question.days)
        for case in cases
        for triple in triples(case)
        if triple.prior is None and (question := triple.question(case)).treatment == 0
    ]
    return Population(speed=float(np.median(speeds)))


def carry_forward(base: Tensor) -> Tensor:
    return torch.zeros(1, *base.shape)


def speed_of(case: Case, triple: Triple, base: Tensor, population: Population) -> float:
    """Speed of the border in mm/day: from the prior, else the population's."""
    if triple.prior is None:
        return population.speed
    days = triple.question(case).prior_days or 1.0
    return max(0.0, _speed(base[1], case.state(triple.prior)[1], days))


def linear(case: Case, triple: Triple, base: Tensor, population: Population) -> Tensor:
    """The borders go on at the same speed, whatever the treatment."""
    days = triple.question(case).days
    moved = speed_of(case, triple, base, population) * days / SDF_UNIT_MM
    later = base.clone()
    later[1:3] += moved
    return (painted(base, later, case.brain(triple.base)) - base)[None]


def fisher_kpp(case: Case, triple: Triple, base: Tensor, population: Population) -> Tensor:
    """Diffusion and proliferation from the width of the rim (their ratio) and the speed of the
    border (their product), then the equation forward from a density that fits the borders."""
    speed = max(speed_of(case, triple, base, population), 0.004)
    visible, core = base[1] * SDF_UNIT_MM, base[2] * SDF_UNIT_MM
    on_core = core.abs() < 1.5
    rim = float(visible[on_core].mean()) if on_core.any() else float(visible.max()) * 1.5
    rim = float(np.clip(rim, *_RIM_MM))
    width = rim / (_CORE - _EDGE)
    diffusion = float(np.clip(speed * width / 2, 0.0015, 0.5))
    proliferation = float(np.clip(speed / (2 * width), 0.0015, 0.06))
    tissue = torch.from_numpy(case.tissue[triple.base])
    rates = growth.diffusion_map(tissue == 1, tissue == 2, diffusion)[None]
    density = torch.sigmoid(_EDGE + (_CORE - _EDGE) * visible / rim)[None] * (rates > 0)
    grown = _course(density, rates, triple.question(case), proliferation)[0].numpy()
    later = base.clone()
    for channel, level in ((1, growth.OEDEMA_ABOVE), (2, growth.CORE_ABOVE)):
        share = np.clip(0.5 + (grown - level) / 0.16, 0, 1)
        later[channel] = torch.from_numpy(signed_distance(share))
    return (painted(base, later, case.brain(triple.base)) - base)[None]


def painted(base: Tensor, later: Tensor, brain: Tensor) -> Tensor:
    """The state ``later`` with an image: what becomes tumour gets the mean signal of the base's
    tumour (core or rim), what is tumour no more that of normal brain."""
    out = later.clone()
    shares = [occupied(state[c]) * brain for state in (base, later) for c in (1, 2)]
    visible, core, next_visible, next_core = shares
    means = []
    for weight in (core, visible - core):
        total = weight.clamp_min(0).sum()
        mean = (base[0] * weight.clamp_min(0)).sum() / total if total > 5 else torch.tensor(1.6)
        means.append(mean)
    before = core * means[0] + (visible - core).clamp_min(0) * means[1] + (1 - visible)
    after = next_core * means[0] + (next_visible - next_core).clamp_min(0) * means[1]
    after = after + (1 - next_visible)
    out[0] = base[0] + (after - before)
    return out


def _speed(later: Tensor, earlier: Tensor, days: float) -> float:
    """Mean movement of the border outwards in mm/day, at the later border."""
    border = later.abs() < 0.25
    if not border.any():
        return 0.0
    return float((later - earlier)[border].mean()) * SDF_UNIT_MM / days


def _course(density: Tensor, rates: Tensor, question: Question, rho: float) -> Tensor:
    days, name = question.days, TREATMENTS[question.treatment]
    if name == "resection":
        removed = growth.within(density > growth.CORE_ABOVE, _MARGIN_MM, SPACING) & (rates > 0)
        density, rates = density * ~removed, rates * ~removed
    if name == "radiotherapy" and days > _RADIOTHERAPY_START:
        target = growth.within(density > growth.OEDEMA_ABOVE, 20.0, SPACING)
        survival = growth.linear_quadratic_survival(2.0, _ALPHA, 10.0)
        given = int(min(_FRACTIONS, (days - _RADIOTHERAPY_START) * 5 / 7))
        density = torch.where(target, density * survival**given, density)
    kill = _KILL_SHARE * rho if name == "chemotherapy" else 0.0
    first, last = _CHEMOTHERAPY
    spans = [(min(days, first), 0.0), (max(0.0, min(days, last) - first), kill),
             (max(0.0, days - last), 0.0)]  # fmt: skip
    for span, rate in spans:
        if span > 0:
            density = growth.grow(
                density, rates, SPACING, days=span, proliferation=rho, kill_rate=rate
            )
    return density


def evaluated() -> list[Triple]:
    """What is scored of a patient: from day 0 to about seven months, without the prior and with
    it, and to about twelve months without."""
    return [Triple(BASE, 4, None), Triple(BASE, 4, 0), Triple(BASE, 6, None)]
