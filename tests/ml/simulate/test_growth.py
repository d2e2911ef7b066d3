"""Fisher-KPP against what is known of it in closed form, and treatment against its own figures."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from ml.simulate import growth
from ml.simulate.growth import GrowthRates, grow, linear_quadratic_survival, within
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.tumour import (
    Chemotherapy,
    Radiotherapy,
    Resection,
    Tumour,
    TumourState,
    brain_masks,
    tumour_at,
)

SPACING = (4.0, 4.0, 4.0)
HEAD = ellipsoid_head((52, 52, 42), SPACING).array
ORIGIN = (28, 24, 28)
VOXEL_ML = 0.064


def _front(density: torch.Tensor, step_mm: float) -> float:
    """Where a density that falls along x passes one half, in mm."""
    line = density[0, 0, 0].double()
    after = int((line >= 0.5).sum())
    share = (line[after - 1] - 0.5) / (line[after - 1] - line[after])
    return (after - 1 + float(share)) * step_mm


@pytest.mark.parametrize(("diffusion", "rho"), [(0.10, 0.02), (0.05, 0.03)])
def test_front_moves_at_twice_the_root_of_d_rho(diffusion: float, rho: float) -> None:
    step_mm = 0.5
    field = torch.full((1, 1, 1, 800), diffusion, dtype=torch.float64)
    density = torch.zeros_like(field)
    density[..., :20] = 1.0
    speed = GrowthRates(diffusion=diffusion, proliferation=rho).front_speed
    assert speed == pytest.approx(2 * math.sqrt(diffusion * rho))
    marks = [40 / rho, 80 / rho]
    places, now = [], 0.0
    for mark in marks:
        density = grow(density, field, (1.0, 1.0, step_mm), days=mark - now, proliferation=rho)
        places.append(_front(density, step_mm))
        now = mark
    measured = (places[1] - places[0]) / (marks[1] - marks[0])
    # From a step the front lags by 3/2 sqrt(D/rho) ln t (Bramson 1983), which is known exactly.
    lag = 1.5 * math.sqrt(diffusion / rho) * math.log(2) / (marks[1] - marks[0])
    assert measured == pytest.approx(speed, rel=0.03)
    assert measured == pytest.approx(speed - lag, rel=0.01)


def test_diffusion_alone_keeps_the_mass_and_stays_out_of_fluid() -> None:
    white, grey = (torch.from_numpy(mask)[None] for mask in brain_masks(HEAD))
    field = growth.diffusion_map(white, grey, 0.2).double()
    density = torch.zeros_like(field)
    density[(0, *ORIGIN)] = 1.0
    later = grow(density, field, SPACING, days=300, proliferation=0.0)
    assert float(later.sum()) == pytest.approx(1.0, abs=1e-9)
    assert float(later.max()) < 0.5
    assert float(later[field == 0].abs().max()) == 0.0
    assert float(later.min()) >= 0.0


def test_gaussian_spreads_as_the_heat_kernel_does() -> None:
    axis = torch.arange(-40, 41, dtype=torch.float64)
    density = torch.exp(-0.5 * (axis / 4) ** 2).expand(1, 1, 1, -1)
    later = grow(density, torch.full_like(density, 0.1), (1, 1, 1), days=100, proliferation=0.0)
    variance = float((later * axis**2).sum() / later.sum())
    assert variance == pytest.approx(16 + 2 * 0.1 * 100, rel=0.01)


def test_without_diffusion_growth_is_logistic_and_a_kill_rate_shrinks_it() -> None:
    density = torch.full((2, 1, 1, 1), 0.1, dtype=torch.float64)
    still = torch.zeros_like(density)
    later = grow(
        density, still, SPACING, days=200, proliferation=torch.tensor([0.02, 0.02]),
        kill_rate=torch.tensor([0.0, 0.02]),
    )  # fmt: skip
    gain = math.exp(0.02 * 200)
    assert float(later[0]) == pytest.approx(0.1 * gain / (0.9 + 0.1 * gain))
    # As much killed as born: only the crowding term is left, c/(1 + rho c t).
    assert float(later[1]) == pytest.approx(0.1 / (1 + 0.02 * 0.1 * 200))
    shrunk = grow(density, still, SPACING, days=50, proliferation=0.01, kill_rate=0.05)
    assert float(shrunk[0]) < 0.1 * math.exp(-0.04 * 50) + 1e-12


def test_diffusion_in_grey_matter_is_a_tenth() -> None:
    yes, no = torch.tensor([True]), torch.tensor([False])
    assert growth.diffusion_map(yes, no, 0.2) == pytest.approx(0.2)
    assert growth.diffusion_map(no, yes, 0.2) == pytest.approx(0.02)
    assert growth.diffusion_map(no, no, 0.2) == 0.0


def test_a_batch_is_its_items() -> None:
    field = torch.rand(2, 6, 7, 8) * 0.1
    density = torch.rand(2, 6, 7, 8)
    both = grow(density, field, SPACING, days=30, proliferation=torch.tensor([0.01, 0.02]))
    first = grow(density[:1], field[:1], SPACING, days=30, proliferation=0.01)
    assert torch.allclose(both[:1], first, atol=1e-5)


def test_survival_is_linear_quadratic() -> None:
    assert linear_quadratic_survival(2.0, 0.3, 10.0) == pytest.approx(math.exp(-0.6 - 0.12))
    assert linear_quadratic_survival(0.0, 0.3, 10.0) == 1.0


def test_within_is_a_distance() -> None:
    mask = torch.zeros(1, 9, 9, 21)
    mask[0, 4, 4, 10] = 1
    near = within(mask, 6.0, (2.0, 2.0, 1.0))
    z, y, x = (near[0].nonzero() - torch.tensor([4, 4, 10])).abs().amax(0).tolist()
    assert (z, y, x) == (3, 3, 6)
    assert not near[0, 4 + 3, 4 + 3, 10]


def test_tumour_grows_with_time_and_is_absent_before_it_began() -> None:
    tumour = Tumour(origin=ORIGIN, rates=GrowthRates(diffusion=0.1, proliferation=0.025))
    sizes = [_visible_ml(tumour, day) for day in (-460, -200, 0, 150)]
    assert sizes[0] == 0
    assert all(a <= b for a, b in pairwise(sizes))
    assert sizes[-1] > sizes[1] + 5


def test_treatment_shrinks_and_resection_leaves_a_cavity() -> None:
    rates = GrowthRates(diffusion=0.1, proliferation=0.025)
    untreated = Tumour(origin=ORIGIN, rates=rates)
    by_rays = Tumour(origin=ORIGIN, rates=rates, treatments=(Radiotherapy(first_day=10),))
    by_drug = Tumour(
        origin=ORIGIN, rates=rates,
        treatments=(Chemotherapy(first_day=10, last_day=120, kill_rate=0.03),),
    )  # fmt: skip
    by_knife = Tumour(origin=ORIGIN, rates=rates, treatments=(Resection(day=20),))
    size = _visible_ml(untreated, 120)
    assert _visible_ml(by_rays, 120) < 0.7 * size
    assert _visible_ml(by_drug, 120) < 0.7 * size
    assert _visible_ml(by_knife, 120) < 0.7 * size
    cut = _state(by_knife, 21)
    before = _state(by_knife, 19)
    assert cut.cavity.sum() * VOXEL_ML > (before.density > growth.CORE_ABOVE).sum() * VOXEL_ML * 0.8
    assert cut.density[cut.cavity > 0.5].max() < growth.OEDEMA_ABOVE
    assert before.cavity.max() == 0


def test_radiotherapy_rests_at_the_weekend() -> None:
    days = Radiotherapy(first_day=0, fractions=12).days
    assert days == (0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15)


def test_impossible_rates_and_places_are_refused() -> None:
    with pytest.raises(ValueError, match="diffusion"):
        GrowthRates(diffusion=3.0)
    with pytest.raises(ValueError, match="proliferation"):
        GrowthRates(proliferation=1.0)
    with pytest.raises(ValueError, match="outside the brain"):
        _state(Tumour(origin=(0, 0, 0)), 0)
    with pytest.raises(ValueError, match="backwards"):
        grow(torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2), SPACING, days=-1, proliferation=0.1)


def _state(tumour: Tumour, day: float) -> TumourState:
    return tumour_at(tumour, HEAD, SPACING, day, rng=np.random.default_rng(0))


def _visible_ml(tumour: Tumour, day: float) -> float:
    return float((_state(tumour, day).density > growth.OEDEMA_ABOVE).sum() * VOXEL_ML)
