"""What is to be planned: the template of a site, read from JSON and held against sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ml.contracts.errors import ParametersRefused
from ml.planning.fields import Fields
from ml.planning.metrics import Metric, metric

# Name shown to people: pyRadPlan's machine file. Generic research data, of no real accelerator.
MACHINES = {"Generic photon 6 MV": "Generic"}
# Further parameters of an objective beside dose_gy.
OBJECTIVES: dict[str, tuple[str, ...]] = {
    "squared_deviation": (),
    "squared_overdose": (),
    "squared_underdose": (),
    "mean": (),
    "max_dvh": ("volume_percent",),
    "min_dvh": ("volume_percent",),
}
MOST_DOSE_PER_FRACTION_GY = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamAngle:
    """Gantry and couch in degrees (IEC 61217)."""

    gantry_deg: float
    couch_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A term of the objective function, on the dose (Gy) of one structure."""

    structure: str
    kind: str
    dose_gy: float
    weight: float
    volume_percent: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A limit on one figure of the finished plan; in the unit of the figure."""

    structure: str
    metric: Metric
    at_least: float | None = None
    at_most: float | None = None

    @property
    def text(self) -> str:
        """The limit as it is printed."""
        parts = []
        if self.at_least is not None:
            parts.append(f"≥ {self.at_least:g} {self.metric.unit}")
        if self.at_most is not None:
            parts.append(f"≤ {self.at_most:g} {self.metric.unit}")
        return " and ".join(parts)

    def holds(self, value: float) -> bool:
        """Whether ``value`` keeps the limit, to a ten-thousandth."""
        low = -float("inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low - 1e-4 <= value <= high + 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalisation:
    """The dose is scaled so that ``volume_percent`` of ``structure`` gets at least
    ``dose_percent`` of the prescription."""

    structure: str = "PTV"
    volume_percent: float = 50.0
    dose_percent: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A site's plan. ``raw`` is the JSON it was read from."""

    name: str
    site: str
    prescription_gy: float
    fractions: int
    target: str
    target_margin_mm: float
    normalise: Normalisation
    machine: str
    beams: tuple[BeamAngle, ...]
    objectives: tuple[Objective, ...]
    dose_grid_mm: float
    bixel_mm: float
    max_iterations: int
    constraints: tuple[Constraint, ...]
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def structures(self) -> tuple[str, ...]:
        """Every structure that the template names, each once."""
        named = [self.normalise.structure]
        named += [item.structure for item in self.objectives]
        named += [item.structure for item in self.constraints]
        return tuple(dict.fromkeys(named))


def read_template(data: dict[str, Any]) -> Template:
    """A template from its JSON.

    Raises:
        ParametersRefused: a field is missing, unknown, of a wrong type or out of range, or the
            prescription cannot be met by any plan; the message says which and why.
    """
    top = Fields(data, "template")
    normalise = top.child("normalise", {})
    template = Template(
        name=top.text("name"),
        site=top.text("site", ""),
        prescription_gy=top.number("prescription_gy", above=0, most=200),
        fractions=top.whole("fractions", least=1, most=60),
        target=top.text("target", "GTV"),
        target_margin_mm=top.number("target_margin_mm", 0.0, least=0, most=50),
        normalise=Normalisation(
            structure=normalise.text("structure", "PTV"),
            volume_percent=normalise.number("volume_percent", 50.0, above=0, below=100),
            dose_percent=normalise.number("dose_percent", 100.0, above=0, most=200),
        ),
        machine=top.text("machine", next(iter(MACHINES))),
        beams=_beams(data.get("beams"), top),
        objectives=tuple(map(_objective, top.children("objectives"))),
        dose_grid_mm=top.number("dose_grid_mm", 4.0, least=1.5, most=10),
        bixel_mm=top.number("bixel_mm", 7.0, least=3, most=20),
        max_iterations=top.whole("max_iterations", 60, least=1, most=1000),
        constraints=tuple(map(_constraint, top.children("constraints", optional=True))),
        raw=data,
    )
    normalise.nothing_else()
    top.nothing_else()
    if reasons := list(_impossible(template)):
        raise ParametersRefused(" ".join(reasons))
    return template


def _beams(value: Any, top: Fields) -> tuple[BeamAngle, ...]:
    top.seen("beams")
    if isinstance(value, dict):
        spread = Fields(value, "template.beams")
        count = spread.whole("equispaced", least=1, most=15)
        first = spread.number("first_deg", 0.0, least=0, below=360)
        spread.nothing_else()
        return tuple(BeamAngle(gantry_deg=(first + 360 * i / count) % 360) for i in range(count))
    if not isinstance(value, list) or not 1 <= len(value) <= 15:
        raise ParametersRefused("template.beams must be 1 to 15 beams, or {'equispaced': n}.")
    beams = []
    for index, item in enumerate(value):
        one = Fields(item, f"template.beams[{index}]")
        beams.append(
            BeamAngle(
                gantry_deg=one.number("gantry_deg", least=0, below=360),
                couch_deg=one.number("couch_deg", 0.0, least=-180, most=360),
            )
        )
        one.nothing_else()
    if len(set(beams)) != len(beams):
        raise ParametersRefused("template.beams names the same beam twice.")
    return tuple(beams)


def _objective(item: Fields) -> Objective:
    kind = item.text("kind")
    if kind not in OBJECTIVES:
        raise ParametersRefused(f"{item.where}.kind must be one of {', '.join(OBJECTIVES)}.")
    percent = 0.0
    if "volume_percent" in OBJECTIVES[kind]:
        percent = item.number("volume_percent", least=0, most=100)
    result = Objective(
        structure=item.text("structure"),
        kind=kind,
        dose_gy=item.number("dose_gy", least=0, most=200),
        weight=item.number("weight", 1.0, above=0, most=1e6),
        volume_percent=percent,
    )
    item.nothing_else()
    return result


def _constraint(item: Fields) -> Constraint:
    figure = metric(item.text("metric"))
    unit = "gy" if figure.unit == "Gy" else "percent"
    result = Constraint(
        structure=item.text("structure"),
        metric=figure,
        at_least=item.optional(f"at_least_{unit}", least=0),
        at_most=item.optional(f"at_most_{unit}", least=0),
    )
    item.nothing_else()
    if result.at_least is None and result.at_most is None:
        raise ParametersRefused(f"{item.where} needs at_least_{unit} or at_most_{unit}.")
    return result


def _impossible(template: Template) -> Iterator[str]:
    """What no plan can do."""
    per_fraction = template.prescription_gy / template.fractions
    if per_fraction > MOST_DOSE_PER_FRACTION_GY:
        yield f"The prescription asks for {per_fraction:.3g} Gy in each fraction."
    if template.machine not in MACHINES:
        yield f"The machine must be one of {', '.join(MACHINES)}."
    target = template.normalise.structure
    if not any(o.structure == target and o.dose_gy > 0 for o in template.objectives):
        yield f"No objective asks for dose in {target}, so there is nothing to optimise."
    bounds: dict[tuple[str, str], list[Constraint]] = {}
    for item in template.constraints:
        bounds.setdefault((item.structure, item.metric.name.casefold()), []).append(item)
    for (structure, _), items in bounds.items():
        low = max((c.at_least for c in items if c.at_least is not None), default=None)
        high = min((c.at_most for c in items if c.at_most is not None), default=None)
        if low is not None and high is not None and low > high:
            name = items[0].metric.name
            yield (
                f"{structure} {name} is to be at least {low:g} and at most {high:g} "
                f"{items[0].metric.unit}: both cannot hold."
            )
    yield from _against_prescription(template)


def _against_prescription(template: Template) -> Iterator[str]:
    """Limits that the normalisation itself breaks: D of a smaller volume is never less."""
    rule = template.normalise
    given = template.prescription_gy * rule.dose_percent / 100
    for item in template.constraints:
        if item.structure != rule.structure or item.metric.kind != "dose_at_percent":
            continue
        name = f"{item.structure} {item.metric.name}"
        if (
            item.at_most is not None
            and item.metric.amount <= rule.volume_percent
            and item.at_most < given
        ):
            yield f"{name} is to be at most {item.at_most:g} Gy, but is normalised to {given:g} Gy."
        if (
            item.at_least is not None
            and item.metric.amount >= rule.volume_percent
            and item.at_least > given
        ):
            yield f"{name} is to be at least {item.at_least:g} Gy, beyond its {given:g} Gy."
