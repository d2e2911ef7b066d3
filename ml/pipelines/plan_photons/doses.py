"""The doses of a plan: optimised, normalised, and recalculated on every other image."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.contracts.events import Event
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.pipelines.plan_photons.case import Case
from ml.planning.dvh import Dvh, dvh
from ml.planning.engine import Fluence, Planner, Region
from ml.planning.templates import Template
from ml.planning.watch import Progress, streamed
from ml.runtime.context import RunContext, Steps

TITLES = {
    "plan": "the planned image",
    "reference": "the real CT",
    "bulk": "the bulk-density CT",
    "lower": "the 5 % bound",
    "upper": "the 95 % bound",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Doses:
    """``on_grid``: Gy on the dose grid by kind of image (``TITLES``); ``fine``: the same
    interpolated to the planning grid, (z, y, x); ``curves``: histograms by structure and kind."""

    fluence: Fluence
    on_grid: dict[str, Volume]
    fine: dict[str, NDArray[np.float32]]
    curves: dict[str, dict[str, Dvh]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """An engine and what it found."""

    planner: Planner
    fluence: Fluence


def planner_of(case: Case, template: Template) -> Planner:
    """The engine for a case: the structures with objectives, and the target."""
    named = {item.structure for item in template.objectives} | {template.normalise.structure}
    regions = {
        item.name: Region(
            name=item.name, shares=case.shares[item.name], target=item.role == "target"
        )
        for item in case.structures
        if item.name in named and item.name != "BODY"
    }
    if not any(region.target for region in regions.values()):
        target = next(item for item in case.structures if item.role == "target")
        regions[target.name] = Region(
            name=target.name, shares=case.shares[target.name], target=True
        )
    return Planner(case.image, case.shares["BODY"], regions, template)


def optimised(
    context: RunContext, steps: Steps, planner: Planner
) -> Generator[Event, None, Planned]:
    """Find the fluences, telling of every iteration. Raises ``Cancelled``."""
    work = streamed(planner.optimise, context.cancel)
    while True:
        try:
            progress = next(work)
        except StopIteration as done:
            return Planned(planner=planner, fluence=done.value)
        yield steps.progress(round(progress.fraction, 4), progress.note)


def all_doses(
    context: RunContext, steps: Steps, case: Case, template: Template, planned: Planned
) -> Generator[Event, None, Doses]:
    """The dose on the planned image, normalised, and on every other image that there is.

    Raises:
        InputRefused: the beams give the target no dose.
        Cancelled: stopped.
    """
    images = {
        "plan": case.image,
        "reference": case.reference,
        "bulk": case.bulk,
        "lower": case.lower,
        "upper": case.upper,
    }
    wanted = {kind: image for kind, image in images.items() if image is not None}
    fluence, factor = planned.fluence, 1.0
    on_grid: dict[str, Volume] = {}
    for done, (kind, image) in enumerate(wanted.items()):
        work = streamed(partial(planned.planner.dose, image, fluence), context.cancel)
        share = (done, len(wanted))
        dose = yield from _followed(work, steps, share, f"dose on {TITLES[kind]}")
        if kind == "plan":
            factor = _factor(case, template, dose)
        on_grid[kind] = dose.like(dose.array * np.float32(factor))
    fluence = replace(fluence, weights=fluence.weights * factor)
    fine = {kind: to_grid(dose, case.image).array for kind, dose in on_grid.items()}
    curves = {
        item.name: {
            kind: dvh(array, case.shares[item.name], case.image.voxel_ml)
            for kind, array in fine.items()
        }
        for item in case.structures
        if case.shares[item.name].any()
    }
    return Doses(fluence=fluence, on_grid=on_grid, fine=fine, curves=curves)


def _followed(
    work: Generator[Progress, None, Volume], steps: Steps, share: tuple[int, int], note: str
) -> Generator[Event, None, Volume]:
    """Tell of ``work`` as one of several parts of a step: ``share`` is (parts done, parts)."""
    done, parts = share
    while True:
        try:
            progress = next(work)
        except StopIteration as finished:
            dose: Volume = finished.value
            return dose
        yield steps.progress(round((done + progress.fraction) / parts, 4), note)


def _factor(case: Case, template: Template, dose: Volume) -> float:
    """What the fluences are multiplied with, so that the normalisation holds."""
    rule = template.normalise
    fine = to_grid(dose, case.image).array
    found = dvh(fine, case.shares[rule.structure], case.image.voxel_ml)
    given = found.dose_at(rule.volume_percent)
    if given < 1e-3 * template.prescription_gy:
        raise InputRefused(
            f"The beams give {rule.structure} no dose: they do not reach it, or other objectives "
            "outweigh its own."
        )
    return template.prescription_gy * rule.dose_percent / 100.0 / given
