"""Bright lesions of two visits on FLAIR, judged together so that what is unchanged stays so.

A voxel is lesion where it is brighter than white and grey matter should be, inside the brain and
off its surface, and what lies around its lesion is mostly white matter or ventricle. Whether it
changed is asked of the subtraction of the two visits alone: where that is within chance, both
visits get the same verdict, from their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.followup.brightness import (
    BRAIN,
    CEREBELLUM,
    VENTRICLES,
    WHITE_MATTER,
    BrainNotFound,
    Labels,
    Scaled,
    difference,
    noise_of,
    scaled,
)

# Spreads of white matter above its middle from which tissue is too bright, and of the cortex's.
BRIGHT: Final = 3.0
ABOVE_CORTEX: Final = 1.0
# And where there is hardly any noise: this share of the white matter's grey value above the cortex.
SHARE_ABOVE: Final = 0.12
# What changed shows by its change: this share of those spreads is enough there.
LESS_BRIGHT: Final = 0.5
# Spreads of chance from which the subtraction is a change, and from which its rim belongs to it.
CHANGED: Final = 4.0
RIM: Final = 2.0
SMOOTH_MM: Final = 0.8
# The cortex and its partial volumes lie this near to the surface.
SURFACE_MM: Final = 3.5
LEAST_ML: Final = 0.01
# Lesions lie in white matter or at a ventricle: this share of what is this near to them.
WHITE_AROUND: Final = 0.45
AROUND_MM: Final = 3.5
# Nothing as large as this is mistaken cortex; a tumour may reach the cortex and lie amid it.
LARGE_ML: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairOfLesions:
    """``base`` and ``follow``: int32 label maps (z, y, x), 0 = none, on the base's grid.
    ``change``: int8, 1 where lesion came, -1 where it went. ``subtraction``: float32, follow-up
    minus base in spreads of the white matter, 0 outside the brain."""

    base: NDArray[np.int32]
    follow: NDArray[np.int32]
    change: NDArray[np.int8]
    subtraction: NDArray[np.float32]


def lesions_of(
    base: NDArray[Any],
    follow: NDArray[Any],
    base_labels: Labels,
    follow_labels: Labels,
    spacing: tuple[float, float, float],
) -> PairOfLesions:
    """Lesions of two FLAIR images (z, y, x) on one grid of ``spacing`` mm (z, y, x), with the
    FreeSurfer labels of each there.

    Raises:
        BrainNotFound: too little white matter.
    """
    one, two = scaled(base, base_labels, spacing), scaled(follow, follow_labels, spacing)
    brain = _brain(base_labels, spacing) & _brain(follow_labels, spacing)
    white = brain & np.isin(base_labels, WHITE_MATTER) & np.isin(follow_labels, WHITE_MATTER)
    if not white.any():
        raise BrainNotFound("the two visits share no white matter")
    subtraction = difference(one, two, brain, spacing)
    smooth = ndimage.gaussian_filter(subtraction, [SMOOTH_MM / s for s in spacing])
    share = smooth / noise_of(smooth, one, brain, white, spacing)
    where = _interior(brain, base_labels, follow_labels, spacing)
    bright = _bright(one, where), _bright(two, where)
    came = _grown(share > CHANGED, share > RIM) & _bright(two, where, LESS_BRIGHT)
    went = _grown(share < -CHANGED, share < -RIM) & _bright(one, where, LESS_BRIGHT)
    steady = _steady(one, two, where) & ~came & ~went
    least = LEAST_ML * 1000 / float(np.prod(spacing))
    near = _near_white(base_labels, follow_labels)
    # What is left of a piece must still hold some of what surely changed.
    came = _within(_grown(share > CHANGED, _pieces(came, least)), near, spacing)
    went = _within(_grown(share < -CHANGED, _pieces(went, least)), near, spacing)
    steady = _pieces(steady | came | went, 2 * least) & steady
    steady &= _within(steady | came | went, near, spacing)
    before = _labelled(steady | went | (came & bright[0]), least)
    after = _labelled(steady | came | (went & bright[1]), least)
    change = np.zeros(base.shape, dtype=np.int8)
    change[(after > 0) & came] = 1
    change[(before > 0) & went] = -1
    return PairOfLesions(base=before, follow=after, change=change, subtraction=subtraction)


def subtraction_of(
    base: NDArray[Any],
    follow: NDArray[Any],
    base_labels: Labels,
    follow_labels: Labels,
    spacing: tuple[float, float, float],
) -> NDArray[np.float32]:
    """The subtraction alone, for any one contrast. Arguments and errors as :func:`lesions_of`."""
    one, two = scaled(base, base_labels, spacing), scaled(follow, follow_labels, spacing)
    brain = _brain(base_labels, spacing) & _brain(follow_labels, spacing)
    if not brain.any():
        raise BrainNotFound("the two visits share no brain")
    return difference(one, two, brain, spacing)


def _brain(labels: Labels, spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    """The brain in one piece: a tumour that the segmenter calls something else is filled in."""
    mask = np.isin(labels, BRAIN)
    reach = 4.0
    grown = _distance(~mask, spacing) <= reach
    closed = _distance(grown, spacing) > reach
    filled: NDArray[np.bool_] = ndimage.binary_fill_holes(mask | closed)
    return filled


def _interior(
    brain: NDArray[np.bool_], base: Labels, follow: Labels, spacing: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Where lesions are looked for: off the surface, outside ventricles and cerebellum."""
    deep = _distance(brain, spacing) > SURFACE_MM
    either = [np.isin(base, group) & np.isin(follow, group) for group in (VENTRICLES, CEREBELLUM)]
    return deep & ~either[0] & ~either[1]


def _bright(image: Scaled, where: NDArray[np.bool_], share: float = 1.0) -> NDArray[np.bool_]:
    return where & (image.array > _limit(image, share))


def _limit(image: Scaled, share: float = 1.0) -> float:
    above = max(share * ABOVE_CORTEX * image.spread, SHARE_ABOVE * image.level)
    return max(share * BRIGHT, image.cortex + above)


def _steady(one: Scaled, two: Scaled, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mean = (one.array / _limit(one) + two.array / _limit(two)) / 2
    return where & (mean > 1.0)


def _grown(core: NDArray[np.bool_], rim: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pieces of ``rim`` that hold some of ``core``."""
    pieces, _ = ndimage.label(rim)
    kept = np.unique(pieces[core & rim])
    result: NDArray[np.bool_] = np.isin(pieces, kept[kept > 0])
    return result


def _near_white(base: Labels, follow: Labels) -> NDArray[np.bool_]:
    """White matter or ventricle at either visit: a segmenter may call a lesion cortex, but hardly
    at both visits all that lies around it."""
    groups = WHITE_MATTER + VENTRICLES
    near: NDArray[np.bool_] = np.isin(base, groups) | np.isin(follow, groups)
    return near


def _within(
    mask: NDArray[np.bool_],
    near: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> NDArray[np.bool_]:
    """Pieces of ``mask`` that lie in white matter or at a ventricle: of what lies within
    ``AROUND_MM`` of the piece, the share ``WHITE_AROUND`` is of that kind. What is bright amid
    cortex is cortex, but for pieces of ``LARGE_ML`` and more."""
    pieces, _ = ndimage.label(mask)
    kept = np.zeros(mask.shape, dtype=np.bool_)
    reach = max(AROUND_MM, min(spacing))
    margins = [int(np.ceil(reach / s)) for s in spacing]
    for number, place in enumerate(ndimage.find_objects(pieces), 1):
        wide = tuple(
            slice(max(0, p.start - m), p.stop + m) for p, m in zip(place, margins, strict=True)
        )
        piece = pieces[wide] == number
        away = _distance(~piece, spacing)
        shell = (away > 0) & (away <= reach)
        large = piece.sum() * float(np.prod(spacing)) / 1000 >= LARGE_ML
        kept[wide] |= piece & bool(large or near[wide][shell].mean() >= WHITE_AROUND)
    return kept


def _pieces(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    pieces, _ = ndimage.label(mask)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    large: NDArray[np.bool_] = (sizes >= least)[pieces]
    return large


def _labelled(mask: NDArray[np.bool_], least: float) -> NDArray[np.int32]:
    labels, _ = ndimage.label(_pieces(mask, least))
    return np.asarray(labels, dtype=np.int32)


def _distance(mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[Any]:
    """Millimetres to the nearest voxel outside ``mask``."""
    found: NDArray[Any] = ndimage.distance_transform_edt(mask, sampling=spacing)
    return found
