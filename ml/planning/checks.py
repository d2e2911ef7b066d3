"""The checks before a synthetic CT is used, one row each: what is measured, and what it means.

Numbers follow the list that physicists require (see the pipeline's card). 1 to 8 are measured
here; 9 to 11 (sign-off, export, control chart) are acts of people and belong to the application.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ml.planning.agreement import DoseDifference, OutlineAgreement, Tissue
from ml.planning.limits import Limit, Status, worst

# Shares of the body's volume that bone may plausibly have, in percent, by site.
BONE_PERCENT = {"extremity": (0.5, 20.0), "head": (5.0, 40.0)}
ANY_BONE_PERCENT = (0.0, 40.0)
MOST_AIR_PERCENT = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found out about a plan; None where the inputs for it were not given."""

    synthetic: bool
    site: str = ""
    edge_percent: float = 0.0
    gate_score: float | None = None
    outline: OutlineAgreement | None = None
    tissue: Tissue | None = None
    bulk: DoseDifference | None = None
    bulk_from: str = "the image"
    reference: DoseDifference | None = None
    gamma_percent: float | None = None
    lower: DoseDifference | None = None
    upper: DoseDifference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found. ``figure`` nan becomes null."""

    status: Status
    text: str
    figure: float | None = None
    unit: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the acceptance panel."""

    number: int
    key: str
    title: str
    verdict: Verdict
    picture: str | None = None


Limits = dict[str, Limit]
Judge = Callable[[Evidence, Limits], Verdict]


def _absent(text: str) -> Verdict:
    return Verdict(status="not_applicable", text=text)


def _judged(figure: float, limit: Limit, text: str, *others: Status) -> Verdict:
    """The verdict on ``figure`` and, with it, on what else was looked at."""
    return Verdict(
        status=worst(limit.status(abs(figure)), *others),
        figure=None if math.isnan(figure) else round(figure, 3),
        unit=limit.unit,
        limit=limit.text,
        text=text,
    )


def _input(evidence: Evidence, limits: Limits) -> Verdict:
    share = evidence.edge_percent
    words = (
        f"The edge of the image cuts {share:.1f} % of the body's outline; dose from beams that "
        "cross the missing tissue is not right."
        if share > limits["fov_cut_percent"].warn
        else "The field of view covers the whole outline of the body."
    )
    return _judged(share, limits["fov_cut_percent"], words)


def _synthesis(evidence: Evidence, limits: Limits) -> Verdict:
    if not evidence.synthetic:
        return _absent("The image is a real CT: nothing was synthesised.")
    if evidence.gate_score is None:
        return Verdict(
            status="warn",
            text="The score of the input gate was not handed over with the synthetic CT.",
            limit=limits["gate_score"].text,
        )
    return _judged(
        evidence.gate_score,
        limits["gate_score"],
        f"The input of the synthesis has a distance score of {evidence.gate_score:.2f} "
        "(1 is the border of the images that the model was made for).",
    )


def _blend(evidence: Evidence, limits: Limits) -> Verdict:
    if evidence.outline is None:
        return _absent("There is no MR to lay the image over.")
    dice = evidence.outline.dice_percent
    return _judged(
        dice,
        limits["outline_dice_percent"],
        f"Image and MR overlap by {dice:.1f} % (Dice of the outlines); look at the blend.",
    )


def _contour(evidence: Evidence, limits: Limits) -> Verdict:
    if evidence.outline is None:
        return _absent("There is no MR to compare the external contour with.")
    found, distance = evidence.outline, limits["contour_distance_mm"]
    verdict = _judged(
        found.volume_percent,
        limits["contour_volume_percent"],
        f"The external contour's volume differs from the MR's by {found.volume_percent:+.1f} %, "
        f"its surface by {found.distance_mm:.1f} mm on average.",
        distance.status(found.distance_mm),
    )
    return Verdict(
        status=verdict.status,
        text=verdict.text,
        figure=verdict.figure,
        unit=verdict.unit,
        limit=f"{verdict.limit}; {distance.text}",
    )


def _hounsfield(evidence: Evidence, limits: Limits) -> Verdict:
    found = evidence.tissue
    if found is None:
        return _absent("The body holds no soft tissue to judge.")
    off = found.soft_median - found.soft_expected
    low, high = BONE_PERCENT.get(evidence.site, ANY_BONE_PERCENT)
    odd = not low <= found.bone_percent <= high or found.air_percent > MOST_AIR_PERCENT
    against = "the real CT's" if found.bone_expected is not None else "the expected"
    known = "" if found.bone_expected is None else f" (real CT {found.bone_expected:.1f} %)"
    return _judged(
        off,
        limits["soft_tissue_median_hu"],
        f"The soft-tissue median is {found.soft_median:.0f} HU, {off:+.0f} HU from {against} "
        f"{found.soft_expected:.0f} HU; bone {found.bone_percent:.1f} %{known} and air "
        f"{found.air_percent:.1f} % of the body" + (" are out of range." if odd else "."),
        "warn" if odd else "pass",
    )


def _bulk(evidence: Evidence, limits: Limits) -> Verdict:
    if evidence.bulk is None:
        return _absent("No bulk-density CT could be made.")
    found = evidence.bulk
    return _judged(
        found.d95_percent,
        limits["bulk_d95_percent"],
        f"On a bulk-density CT made from {evidence.bulk_from}, D95 of the target changes by "
        f"{found.d95_percent:+.2f} % and its mean dose by {found.dmean_percent:+.2f} %.",
        limits["bulk_dmean_percent"].status(abs(found.dmean_percent)),
    )


def _reference(evidence: Evidence, limits: Limits) -> Verdict:
    if evidence.reference is None or evidence.gamma_percent is None:
        return _absent("There is no real CT of this frame of reference.")
    mean = evidence.reference.dmean_percent
    return _judged(
        evidence.gamma_percent,
        limits["gamma_percent"],
        f"Recalculated on the real CT, γ (2 %/2 mm) is kept by {evidence.gamma_percent:.1f} % of "
        f"the voxels, and the target's mean dose changes by {mean:+.2f} %.",
        limits["reference_dmean_percent"].status(abs(mean)),
    )


def _band(evidence: Evidence, limits: Limits) -> Verdict:
    if evidence.lower is None or evidence.upper is None:
        return _absent("The image has no maps of its uncertainty.")
    low, high = sorted((evidence.lower.d95_percent, evidence.upper.d95_percent))
    wider = max(abs(low), abs(high))
    return _judged(
        wider,
        limits["band_d95_percent"],
        f"With every voxel at its 5 % or 95 % bound, D95 of the target lies between {low:+.2f} % "
        f"and {high:+.2f} % of the plan's.",
    )


def _application(text: str) -> Judge:
    return lambda _evidence, _limits: _absent(text)


TABLE: tuple[tuple[int, str, str, Judge, str | None], ...] = (
    (1, "input_sequence", "Input and field of view", _input, "picture-contour"),
    (2, "synthesis", "Synthesis within its experience", _synthesis, None),
    (3, "blend", "Side by side and blend", _blend, "picture-blend"),
    (4, "external_contour", "External contour against MR", _contour, "picture-contour"),
    (5, "hounsfield", "HU of soft tissue, bone and air", _hounsfield, "picture-hu"),
    (6, "bulk_density", "Independent bulk-density CT", _bulk, "picture-bulk"),
    (7, "reference", "Recalculation on a real CT", _reference, "picture-gamma"),
    (8, "dose_band", "Dose band from the uncertainty", _band, "picture-dvh"),
    (9, "sign_off", "DVH table and sign-off", _application("Signed by the physicist."), None),
    (10, "export", "Lock, export and audit", _application("Kept by the application."), None),
    (11, "control_chart", "Control chart over patients", _application("Drawn over plans."), None),
)


def run_checks(evidence: Evidence, limits: Limits, pictures: set[str]) -> list[Check]:
    """Every check of ``TABLE``; ``pictures`` are those that were drawn."""
    return [
        Check(
            number=number,
            key=key,
            title=title,
            verdict=judge(evidence, limits),
            picture=picture if picture in pictures else None,
        )
        for number, key, title, judge, picture in TABLE
    ]
