"""A case: the structures of a plan and all images on one grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.dicom.read_rtstruct import Roi
from ml.dicom.roi_masks import RoiMask, mask_on
from ml.imaging.body import body_of_mr
from ml.imaging.volume import Volume
from ml.pipelines.plan_photons.inputs import Inputs
from ml.planning import bulk
from ml.planning.grid import onto, planning_grid, shares_onto
from ml.planning.structures import (
    COLOURS,
    Structure,
    body,
    bone,
    edge_share,
    external,
    guess_target,
    looks_like_body,
    looks_like_target,
    planning_target,
)
from ml.planning.templates import Template

AIR_HU = -1000.0
# A target that is mostly in the air was drawn on another image.
LEAST_TARGET_IN_BODY = 0.5
# Below this the MR does not tell the tissue of the whole body.
LEAST_MR_COVER = 0.9
_PALETTE = ((0, 130, 200), (145, 30, 180), (70, 240, 240), (240, 50, 230), (0, 128, 128))


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that a reviewer must know."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """``structures`` on the image's own grid; ``image`` and the others in HU (MR: its own scale)
    on the planning grid, air outside BODY; ``shares`` of each structure on the planning grid."""

    source: Volume
    structures: tuple[Structure, ...]
    shares: dict[str, NDArray[np.float32]]
    image: Volume
    reference: Volume | None
    bulk: Volume
    bulk_from: str
    lower: Volume | None
    upper: Volume | None
    mr: Volume | None
    mr_body: NDArray[np.bool_] | None
    mr_reach: NDArray[np.bool_] | None
    warned: list[Warned] = field(default_factory=list)

    @property
    def body(self) -> NDArray[np.bool_]:
        """Voxels (z, y, x) of the planning grid that are mostly inside the patient."""
        found: NDArray[np.bool_] = self.shares["BODY"] >= 0.5
        return found

    def structure(self, name: str) -> Structure:
        return next(item for item in self.structures if item.name == name)

    @property
    def edge_percent(self) -> float:
        """Percent of the body's outline that the image's edge cuts."""
        return edge_share(self.structure("BODY").mask)


def make_case(inputs: Inputs, template: Template, target_roi: str) -> Case:
    """Find the structures, and bring all images onto the planning grid.

    Raises:
        InputRefused: there is no target, it is empty, outside the image or in the air, or the
            template names a structure that is not there.
    """
    warned: list[Warned] = []
    structures = _structures(inputs, template, target_roi, warned)
    names = {item.name for item in structures}
    if missing := [name for name in template.structures if name not in names]:
        raise InputRefused(
            f"The template names {', '.join(missing)}, which the structure set does not hold."
        )
    outline = next(item for item in structures if item.name == "BODY")
    grid = planning_grid(inputs.image, outline.mask)
    shares = {item.name: shares_onto(item.mask, inputs.image, grid) for item in structures}
    inside = shares["BODY"] >= 0.5
    image = _within(onto(inputs.image, grid, AIR_HU), inside)
    reference = _reference(inputs.reference, image, inside, warned)
    mr = None if inputs.mr is None else onto(inputs.mr, grid, 0.0)
    reach = None if inputs.mr is None else _reach(inputs.mr, grid)
    simple, simple_from = _bulk(image, inside, mr, reach)
    return Case(
        source=inputs.image,
        structures=structures,
        shares=shares,
        image=image,
        reference=reference,
        bulk=simple,
        bulk_from=simple_from,
        lower=_bound(inputs.lower, image, inside),
        upper=_bound(inputs.upper, image, inside),
        mr=mr,
        mr_body=None if inputs.mr is None else _mr_body(inputs.mr, grid),
        mr_reach=reach,
        warned=warned,
    )


def _structures(
    inputs: Inputs, template: Template, target_roi: str, warned: list[Warned]
) -> tuple[Structure, ...]:
    image = inputs.image
    rois = [roi for found in inputs.structures for roi in found.rois if roi.contours]
    wanted = _target(rois, target_roi)
    target = _target_structure(mask_on(wanted, image), template.target)
    outline = _body(rois, image, warned)
    in_body = float((target.mask & outline.mask).sum()) / float(target.mask.sum())
    if in_body < LEAST_TARGET_IN_BODY:
        raise InputRefused(
            f"Only {100 * in_body:.0f} % of the target lies within the body: it was drawn on "
            "another image, or the body contour is wrong."
        )
    others = list(_others(rois, wanted, image, warned))
    given = next((item for item in others if item.name.casefold() == "ptv"), None)
    if given is not None:
        others.remove(given)
        ptv = replace(given, name="PTV", role="target", colour=COLOURS["PTV"])
        warned.append(Warned(code="ptv_given", text="The PTV was taken from the structure set."))
    else:
        ptv = planning_target(target, outline, image.spacing, template.target_margin_mm)
    found = [target, ptv, *others, outline]
    if not any(item.name == "BONE" for item in found) and (dense := bone(image, outline)):
        found.insert(-1, dense)
    return _distinct(found)


def _target(rois: list[Roi], target_roi: str) -> Roi:
    names = [roi.name for roi in rois]
    wanted = target_roi.strip() or guess_target(names)
    if wanted is None:
        raise InputRefused("No region is named like a target (GTV, CTV, PTV): say which one is it.")
    for roi in rois:
        if roi.name.casefold() == wanted.casefold():
            return roi
    raise InputRefused("The structure set holds no region of the target's name, or it is empty.")


def _target_structure(drawn: RoiMask, name: str) -> Structure:
    if drawn.truncated:
        share = 100 * drawn.outside_ml / max(drawn.volume_ml, 1e-9)
        raise InputRefused(
            f"{share:.0f} % of the target lies outside the image, which is too small to plan on."
        )
    if not drawn.mask.any():
        raise InputRefused(f"The target is empty. {drawn.note}")
    return Structure(name=name, role="target", mask=drawn.mask, colour=COLOURS["GTV"])


def _body(rois: list[Roi], image: Volume, warned: list[Warned]) -> Structure:
    given = [roi for roi in rois if looks_like_body(roi.name, roi.interpreted_type)]
    drawn = mask_on(given[0], image).mask if given else None
    if given and (drawn is None or not drawn.any()):
        warned.append(
            Warned(code="body_found", text="The body contour is empty; it was found on the image.")
        )
    outline = external("BODY", drawn) if drawn is not None and drawn.any() else body(image)
    if not outline.mask.any():
        raise InputRefused("No body is to be seen on the image.")
    if outline.truncated:
        share = edge_share(outline.mask)
        warned.append(
            Warned(
                code="body_truncated",
                text=f"The edge of the image cuts {share:.0f} % of the body's outline: tissue is "
                "missing there, and dose from beams that cross it is wrong.",
            )
        )
    return outline


def _others(
    rois: list[Roi], target: Roi, image: Volume, warned: list[Warned]
) -> Iterable[Structure]:
    """The regions that are neither the target nor the body; those outside the image are left."""
    others = [
        r for r in rois if r is not target and not looks_like_body(r.name, r.interpreted_type)
    ]
    for index, roi in enumerate(others):
        drawn = mask_on(roi, image)
        if drawn.note:
            warned.append(Warned(code="structure_outside", text=f"{roi.name}: {drawn.note}"))
        if drawn.mask.any():
            yield Structure(
                name=roi.name,
                role="target" if looks_like_target(roi.name) else "organ",
                mask=drawn.mask,
                colour=roi.colour or _PALETTE[index % len(_PALETTE)],
                truncated=drawn.truncated,
            )


def _distinct(found: list[Structure]) -> tuple[Structure, ...]:
    """Structures with names of their own: a later one of the same name gets a number."""
    seen: set[str] = set()
    result = []
    for item in found:
        name, number = item.name, 2
        while name.casefold() in seen:
            name, number = f"{item.name} {number}", number + 1
        seen.add(name.casefold())
        result.append(replace(item, name=name))
    return tuple(result)


def _within(volume: Volume, inside: NDArray[np.bool_]) -> Volume:
    return volume.like(np.where(inside, volume.array, AIR_HU).astype(np.float32))


def _reach(volume: Volume, grid: Volume) -> NDArray[np.bool_]:
    """Where ``volume`` reaches on ``grid``."""
    ones = volume.like(np.ones(volume.shape, np.float32))
    found: NDArray[np.bool_] = onto(ones, grid, 0.0).array > 0.5
    return found


def _reference(
    reference: Volume | None, image: Volume, inside: NDArray[np.bool_], warned: list[Warned]
) -> Volume | None:
    """The real CT within the same body; the image's own HU where the CT does not reach."""
    if reference is None:
        return None
    reach = _reach(reference, image)
    cover = float(reach[inside].mean())
    if cover < LEAST_TARGET_IN_BODY:
        raise InputRefused("The real CT shows less than half of the body that is planned on.")
    if cover < 0.999:
        warned.append(
            Warned(
                code="reference_partial",
                text=f"The real CT reaches {100 * cover:.1f} % of the body; the rest is taken "
                "from the planned image, so nothing is compared there.",
            )
        )
    placed = onto(reference, image, AIR_HU).array
    return _within(image.like(np.where(reach, placed, image.array)), inside)


def _bound(bound: Volume | None, image: Volume, inside: NDArray[np.bool_]) -> Volume | None:
    return None if bound is None else _within(onto(bound, image, AIR_HU), inside)


def _mr_body(mr: Volume, grid: Volume) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = shares_onto(body_of_mr(mr), mr, grid) >= 0.5
    return found


def _bulk(
    image: Volume,
    inside: NDArray[np.bool_],
    mr: Volume | None,
    reach: NDArray[np.bool_] | None,
) -> tuple[Volume, str]:
    """From the MR where it shows the whole body, since no model had a part in it."""
    if mr is not None and reach is not None and float(reach[inside].mean()) >= LEAST_MR_COVER:
        try:
            return bulk.from_mr(mr, inside), "the MR"
        except ValueError:
            pass  # an MR without contrast: the image's own classes remain
    return bulk.from_ct(image, inside), "the image's own tissue classes"
