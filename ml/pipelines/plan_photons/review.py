"""What a physicist reviews: figures, checks and pictures of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.pipelines.plan_photons.case import Case
from ml.pipelines.plan_photons.doses import Doses
from ml.planning import agreement, pictures
from ml.planning.agreement import HuError
from ml.planning.checks import Check, Evidence, run_checks
from ml.planning.gamma import Gamma, gamma
from ml.planning.limits import Limit
from ml.planning.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Review:
    """γ by what it was taken against, HU error, the checks, and pictures by key."""

    gammas: dict[str, Gamma]
    hu_error: HuError | None
    checks: list[Check]
    pictures: dict[str, Path]


def review(
    case: Case,
    doses: Doses,
    template: Template,
    limits: dict[str, Limit],
    *,
    gate_score: float | None,
    out_dir: Path,
    pause: Callable[[], None],
) -> Review:
    """Compare, judge and draw; ``pause`` is called between and may raise ``Cancelled``."""
    gammas: dict[str, Gamma] = {}
    for kind in ("reference", "bulk"):
        if kind in doses.on_grid:
            pause()
            gammas[kind] = gamma(doses.on_grid[kind], doses.on_grid["plan"])
    error = None
    if case.reference is not None:
        error = agreement.hu_error(case.image.array, case.reference.array, case.body)
    pause()
    evidence = _evidence(case, doses, template, gammas, gate_score)
    drawn = _pictures(case, doses, gammas, out_dir, pause)
    return Review(
        gammas=gammas,
        hu_error=error,
        checks=run_checks(evidence, limits, set(drawn)),
        pictures=drawn,
    )


def _evidence(
    case: Case,
    doses: Doses,
    template: Template,
    gammas: dict[str, Gamma],
    gate_score: float | None,
) -> Evidence:
    target = doses.curves[template.normalise.structure]

    def against(kind: str) -> agreement.DoseDifference | None:
        return agreement.doses(target["plan"], target[kind]) if kind in target else None

    reference = None if case.reference is None else case.reference.array
    return Evidence(
        synthetic=case.source.source is not None and case.source.source.synthetic,
        site=template.site,
        edge_percent=case.edge_percent,
        gate_score=gate_score,
        outline=_outline(case),
        tissue=agreement.tissue(case.image.array, case.body, reference),
        bulk=against("bulk"),
        bulk_from=case.bulk_from,
        reference=against("reference"),
        gamma_percent=gammas["reference"].pass_percent if "reference" in gammas else None,
        lower=against("lower"),
        upper=against("upper"),
    )


def _outline(case: Case) -> agreement.OutlineAgreement | None:
    """Body of the image against body of the MR, where the MR reaches."""
    if case.mr_body is None or case.mr_reach is None:
        return None
    ours = case.body & case.mr_reach
    if not ours.any() or not case.mr_body.any():
        return None
    return agreement.outlines(ours, case.mr_body, case.image.spacing)


def _pictures(
    case: Case,
    doses: Doses,
    gammas: dict[str, Gamma],
    out_dir: Path,
    pause: Callable[[], None],
) -> dict[str, Path]:
    out_dir.mkdir(parents=True, exist_ok=True)
    target = next(item for item in case.structures if item.role == "target")
    index = int(np.argmax(case.shares[target.name].sum(axis=(1, 2))))
    shown = [
        pictures.Outline(name=s.name, mask=case.shares[s.name] >= 0.5, colour=s.colour)
        for s in case.structures
    ]
    colours = {item.name: item.colour for item in case.structures}
    reference = None if case.reference is None else case.reference.array
    drawn: dict[str, Path] = {}

    def draw(key: str, make: Callable[[Path], Path]) -> None:
        pause()
        drawn[key] = make(out_dir / f"{key}.png")

    outlines = shown
    if case.mr_body is not None:
        mr_outline = pictures.Outline(name="MR", mask=case.mr_body, colour=(0, 200, 255))
        outlines = [*shown, mr_outline]
    draw("picture-contour", lambda p: pictures.contour(case.image, outlines, index, p))
    draw("picture-dose", lambda p: pictures.wash(case.image, doses.fine["plan"], shown, index, p))
    draw("picture-dvh", lambda p: pictures.histograms(doses.curves, colours, p))
    draw("picture-hu", lambda p: pictures.histogram(
        case.image.array[case.body], None if reference is None else reference[case.body], p
    ))  # fmt: skip
    if (mr := case.mr) is not None:
        draw("picture-blend", lambda p: pictures.blend(case.image, mr, index, p))
    for kind, key in (("bulk", "picture-bulk"), ("reference", "picture-difference")):
        if kind in doses.fine:
            change = np.where(case.body, doses.fine["plan"] - doses.fine[kind], np.nan)
            words = f"dose: plan − {kind}"
            draw(
                key,
                partial(
                    pictures.difference, case.image, change, index,
                    words=words, reach=2.0, unit="Gy",
                ),
            )  # fmt: skip
    if reference is not None:
        error = np.where(case.body, case.image.array - reference, np.nan)
        draw("picture-hu-error", lambda p: pictures.difference(
            case.image, error, index, p, words="HU: image − real CT", reach=300.0, unit="HU"
        ))  # fmt: skip
        shown_gamma = _fine(gammas["reference"], doses.on_grid["reference"], case.image)
        draw("picture-gamma", lambda p: pictures.gamma_map(case.image, shown_gamma, index, p))
    return drawn


def _fine(found: Gamma, grid: Volume, image: Volume) -> NDArray[np.floating]:
    """γ on the planning grid, nearest, nan below the cut-off."""
    filled = grid.like(np.nan_to_num(found.map, nan=-1.0))
    placed = to_grid(filled, image, "nearest", outside=-1.0).array
    return np.where(placed < 0, np.nan, placed)
