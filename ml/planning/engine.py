"""Photon planning by pyRadPlan: dose influence, fluence optimisation, dose on any image.

HU become densities relative to water by pyRadPlan's own default table, the same for every image;
what lies outside BODY weighs nothing, so no couch is in the beam. Machine data are the generic
research files of pyRadPlan, and the fluences are not sequenced into segments of a collimator.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyRadPlan
from numpy.typing import NDArray
from pyRadPlan.core import ProgressReporter, StatusReport, observe_reports
from pyRadPlan.cst import StructureSet, create_voi
from pyRadPlan.ct import default_hlut
from pyRadPlan.optimization import fluence_optimization, objectives
from pyRadPlan.optimization.solvers import OptimizerSciPy

from ml.imaging.itk import to_itk
from ml.imaging.volume import Volume
from ml.planning.field_dose import FieldDoseEngine
from ml.planning.grid import dose_grid
from ml.planning.templates import MACHINES, Objective, Template
from ml.planning.watch import Progress, Watch

ProgressReporter.console_progress = False
# Nor may it listen to the keyboard of whoever runs the server.
OptimizerSciPy.allow_keyboard_cancel = False
# The same arithmetic on every machine.
pyRadPlan.settings.xp.prefer_gpu = False
logging.getLogger("pyRadPlan").setLevel(logging.ERROR)

# Whole voxels belong to a structure or not while optimising.
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A structure for the optimiser: ``shares`` (z, y, x) of each voxel in 0..1."""

    name: str
    shares: NDArray[np.float32]
    target: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBeam:
    """One beam as planned. ``weight``: its share of all fluence."""

    number: int
    gantry_deg: float
    couch_deg: float
    isocentre_lps: tuple[float, float, float]
    bixels: int
    weight: float
    # Opening at the isocentre that holds all bixels (x1, x2, y1, y2), the same to both sides.
    jaws_mm: tuple[float, float, float, float]

    @property
    def name(self) -> str:
        # Plain letters: not every planning system reads more in a name.
        couch = f" T{self.couch_deg:g}" if self.couch_deg else ""
        return f"B{self.number} G{self.gantry_deg:g}{couch}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fluence:
    """An optimised plan: bixel weights (n,), the beams, and the objective by iteration."""

    weights: NDArray[np.float64]
    beams: tuple[PlannedBeam, ...]
    history: tuple[tuple[int, float], ...]
    steering: Any  # pyRadPlan's SteeringInformation: the geometry of every bixel


class Planner:
    """Plans and computes dose on one grid.

    Args:
        image: CT in HU on the planning grid (transverse).
        body: share of each voxel inside the patient, (z, y, x) on the same grid; dose is computed
            in its voxels.
        regions: the structures that the template's objectives name; at least one target.
    """

    def __init__(
        self,
        image: Volume,
        body: NDArray[np.float32],
        regions: Mapping[str, Region],
        template: Template,
    ) -> None:
        self._grid = image
        self._body = body >= _HALF
        self._regions = regions
        self._template = template
        self._image = image
        self.dose_grid = dose_grid(image, template.dose_grid_mm)

    def optimise(self, watch: Watch) -> Fluence:
        """Find the fluences.

        Raises:
            StopNow: stopped, between rays or iterations.
        """
        ct, count = self._ct(self._image), len(self._template.beams)
        cst = self._structures(ct, with_objectives=True)
        seen: list[tuple[int, float]] = []
        info: dict[str, Any] = {}
        watch(Progress(fraction=0.0))
        with _quiet(), observe_reports(_Iterations(watch, self._template.max_iterations, seen)):
            steering = pyRadPlan.generate_stf(ct, cst, self._plan())
            influence = FieldDoseEngine(self._plan()).influence_of(
                ct,
                cst,
                steering,
                lambda beam, part: watch(Progress(fraction=0.5 * (beam + part) / count)),
            )
            weights = fluence_optimization(
                ct, cst, steering, influence, self._plan(), opt_info=info
            )
        history = [(0, float(info["obj_history"][0])), *seen]
        weights = np.maximum(np.asarray(weights, dtype=np.float64), 0.0)
        return Fluence(
            weights=weights,
            beams=_beams(steering, weights),
            history=tuple(history),
            steering=steering,
        )

    def dose(self, image: Volume, fluence: Fluence, watch: Watch) -> Volume:
        """Dose in Gy of ``fluence`` on ``image`` (HU on the planning grid).

        Returns:
            A float32 volume on ``dose_grid``.

        Raises:
            StopNow: stopped, between beams.
        """
        ct = self._ct(image)
        beams = len(fluence.beams)
        engine = FieldDoseEngine(self._plan())
        with _quiet():
            dose = engine.dose_of(
                ct,
                self._structures(ct, with_objectives=False),
                fluence.steering,
                fluence.weights,
                lambda beam, part: watch(Progress(fraction=(beam + part) / beams)),
            )
        return self.dose_grid.like(dose.astype(np.float32))

    def _ct(self, image: Volume) -> Any:
        if image.shape != self._grid.shape or not np.allclose(image.affine, self._grid.affine):
            raise ValueError("the image lies on another grid than the plan")
        return pyRadPlan.CT(cube_hu=to_itk(image.like(image.array.astype(np.float32))))

    def _plan(self) -> Any:
        template = self._template
        return pyRadPlan.PhotonPlan(
            machine=MACHINES[template.machine],
            num_of_fractions=template.fractions,
            prescribed_dose=template.prescription_gy,
            prop_stf={
                "generator": "photonIMRT",
                "gantry_angles": [beam.gantry_deg for beam in template.beams],
                "couch_angles": [beam.couch_deg for beam in template.beams],
                "bixel_width": template.bixel_mm,
            },
            prop_dose_calc={"engine": "SVDPB", "dose_grid": self._pyradplan_grid},
            prop_opt={
                "opti_prob": "nonlin_fluence",
                "solver": {"name": "scipy", "display": False},  # L-BFGS-B
                "max_iter": template.max_iterations,
            },
        )

    @cached_property
    def _pyradplan_grid(self) -> Any:
        return pyRadPlan.core.Grid.from_sitk_image(to_itk(self.dose_grid))

    def _structures(self, ct: Any, *, with_objectives: bool) -> Any:
        """BODY, and to optimise the structures with objectives; targets lie above all others."""
        terms = self._template.objectives if with_objectives else ()
        vois = []
        for region in self._regions.values() if with_objectives else ():
            mask = (region.shares >= _HALF) & self._body
            own = [_objective(term) for term in terms if term.structure == region.name]
            kind = "TARGET" if region.target else "OAR"
            vois.append(self._voi(ct, kind, region.name, mask, own))
        own = [_objective(term) for term in terms if term.structure == "BODY"]
        vois.append(self._voi(ct, "EXTERNAL", "BODY", self._body, own))
        return StructureSet(vois=vois, ct_image=ct)

    def _voi(self, ct: Any, kind: str, name: str, mask: NDArray[np.bool_], own: list[Any]) -> Any:
        image = to_itk(self._grid.like(mask.astype(np.uint8)))
        voi = create_voi(voi_type=kind, name=name, ct_image=ct, mask=image)
        voi.objectives = own
        return voi


class _Iterations:
    """The solver's reports as ``Progress``: the second half, after the dose influence."""

    def __init__(self, watch: Watch, most: int, seen: list[tuple[int, float]]) -> None:
        self._watch, self._most, self._seen = watch, most, seen

    def __call__(self, report: Any) -> None:
        if not isinstance(report, StatusReport) or "iteration" not in report.data:
            return
        step, value = int(report.data["iteration"]), float(report.data["objective"])
        self._seen.append((step, value))
        part = min(1.0, step / self._most)
        self._watch(Progress(fraction=0.5 + 0.5 * part, iteration=step, objective=value))


def _objective(term: Objective) -> Any:
    weight = term.weight
    match term.kind:
        case "squared_deviation":
            return objectives.SquaredDeviation(priority=weight, d_ref=term.dose_gy)
        case "squared_overdose":
            return objectives.SquaredOverdosing(priority=weight, d_max=term.dose_gy)
        case "squared_underdose":
            return objectives.SquaredUnderdosing(priority=weight, d_min=term.dose_gy)
        case "mean":
            return objectives.MeanDose(priority=weight, d_ref=term.dose_gy)
        case "max_dvh":
            share = term.volume_percent
            return objectives.MaxDVH(priority=weight, d=term.dose_gy, v_max=share)
        case _:
            share = term.volume_percent
            return objectives.MinDVH(priority=weight, d=term.dose_gy, v_min=share)


def _beams(steering: Any, weights: NDArray[np.float64]) -> tuple[PlannedBeam, ...]:
    beams, first = [], 0
    total = float(weights.sum()) or 1.0
    for number, beam in enumerate(steering.beams, start=1):
        count = int(beam.total_number_of_bixels)
        x, y, z = (float(v) for v in np.asarray(beam.iso_center).ravel())
        rays = np.abs([ray.ray_pos_bev for ray in beam.rays]).max(axis=0)
        wide, high = (float(v) + float(beam.bixel_width) / 2 for v in (rays[0], rays[2]))
        beams.append(
            PlannedBeam(
                number=number,
                gantry_deg=float(beam.gantry_angle),
                couch_deg=float(beam.couch_angle),
                isocentre_lps=(x, y, z),
                bixels=count,
                weight=float(weights[first : first + count].sum()) / total,
                jaws_mm=(-wide, wide, -high, high),
            )
        )
        first += count
    return tuple(beams)


def densities() -> list[tuple[float, float]]:
    """The table that was used: HU and density relative to water."""
    return [(float(hu), float(density)) for hu, density in default_hlut()]


@contextmanager
def _quiet() -> Iterator[None]:
    """Rays along an axis divide by zero in pyRadPlan's tracer, which it provides for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
