"""What an error of a synthetic CT does to the dose: plan on it, recalculate on the real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts.cancel import CancelToken
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.planning.agreement import doses
from ml.planning.dvh import dvh
from ml.planning.engine import Planner, Region
from ml.planning.gamma import gamma
from ml.planning.grid import onto, planning_grid, shares_onto
from ml.planning.structures import margin
from ml.planning.templates import Template, read_template
from ml.planning.watch import Watch

AIR_HU = -1000.0
# One plan for all, so that figures of different models are of the same thing.
STANDARD: dict[str, Any] = {
    "name": "Five beams, 50 Gy",
    "prescription_gy": 50.0,
    "fractions": 25,
    "target": "GTV",
    "target_margin_mm": 10.0,
    "beams": {"equispaced": 5},
    "objectives": [
        {"structure": "PTV", "kind": "squared_deviation", "dose_gy": 50.0, "weight": 100},
        {"structure": "BODY", "kind": "squared_overdose", "dose_gy": 20.0, "weight": 5},
    ],
    "dose_grid_mm": 4.0,
    "bixel_mm": 7.0,
    "max_iterations": 40,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseComparison:
    """γ (2 %/2 mm, 10 % cut-off) pass rate in percent, and what the planned dose to the planning
    target is beyond the dose on the real CT, in percent of the latter."""

    gamma_percent: float
    dmean_percent: float
    d95_percent: float


def compare_doses(
    predicted: Volume,
    real: Volume,
    body: NDArray[np.bool_],
    target: NDArray[np.bool_],
    template: Template | None = None,
) -> DoseComparison:
    """Plan ``target`` and a margin on ``predicted``, and recalculate the plan on ``real``.

    Args:
        predicted, real: HU on one grid (z, y, x).
        body, target: masks on the same grid.
        template: what to plan with; ``STANDARD`` by default.

    Raises:
        ValueError: body or target is empty, or the grids differ.
    """
    if predicted.shape != real.shape or not np.allclose(predicted.affine, real.affine, atol=1e-3):
        raise ValueError("the images lie on different grids")
    if not (target & body).any():
        raise ValueError("the target is empty, or lies outside the body")
    template = template or read_template(STANDARD)
    grown = margin(target, predicted.spacing, template.target_margin_mm) & body
    grid = planning_grid(real, body)
    shares, inside = shares_onto(grown, real, grid), shares_onto(body, real, grid)
    images = [
        image.like(np.where(inside >= 0.5, image.array, AIR_HU).astype(np.float32))
        for image in (onto(predicted, grid, AIR_HU), onto(real, grid, AIR_HU))
    ]
    region = Region(name="PTV", shares=shares, target=True)
    planner = Planner(images[0], inside, {"PTV": region}, template)
    watch = Watch(CancelToken(), lambda _: None)
    fluence = planner.optimise(watch)
    planned, recalculated = (planner.dose(image, fluence, watch) for image in images)
    curves = [
        dvh(to_grid(dose, images[0]).array, shares, images[0].voxel_ml)
        for dose in (recalculated, planned)
    ]
    difference = doses(curves[0], curves[1])
    return DoseComparison(
        gamma_percent=gamma(recalculated, planned).pass_percent,
        dmean_percent=difference.dmean_percent,
        d95_percent=difference.d95_percent,
    )
