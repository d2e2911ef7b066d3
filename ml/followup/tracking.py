"""Which lesion of the second visit is which lesion of the first: by overlap on one grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

State = Literal["new", "enlarging", "stable", "shrinking", "resolved", "merged", "split"]
# Two outlines of one unchanged lesion differ by about this share of it, and by a rim of voxels.
NOISE_SHARE: Final = 0.25
LEAST_CHANGE_ML: Final = 0.03
# A lesion touched by less than this share of it is a neighbour and not the same.
LEAST_OVERLAP: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """One lesion of the pair. ``base_id`` and ``follow_id``: its number in either label map, 0
    where it is not there. ``parents`` and ``children``: names of the lesions that it came from or
    fell into. ``centre`` (z, y, x): voxel index of the middle; ``diameter_mm``: longest extent."""

    name: str
    state: State
    base_id: int
    follow_id: int
    base_ml: float
    follow_ml: float
    centre: tuple[float, float, float]
    diameter_mm: float
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


def tracked(
    base: NDArray[np.integer[Any]],
    follow: NDArray[np.integer[Any]],
    spacing: tuple[float, float, float],
) -> list[Lesion]:
    """Lesions of two label maps (z, y, x; 0 = none) on one grid of ``spacing`` mm (z, y, x).

    One to one is the same lesion, enlarging or shrinking beyond noise. Two or more of the base
    under one of the follow-up have merged: the one keeps the number of a new lesion and names its
    parents, which are told as merged. One over two or more has split, and names its children. The
    order is from the largest to the smallest.
    """
    links = _links(base, follow)
    voxel_ml = float(np.prod(spacing)) / 1000.0
    sizes = tuple(np.bincount(one.ravel()) * voxel_ml for one in (base, follow))
    parents_of, children_of = _sides(links)
    rows: list[tuple[int, int, State]] = []
    for one in _ids(base):
        children = children_of.get(one, [])
        if not children:
            rows.append((one, 0, "resolved"))
        elif len(children) > 1:
            rows.append((one, 0, "split"))
        elif len(parents_of[children[0]]) > 1:
            rows.append((one, 0, "merged"))
        else:
            before, after = float(sizes[0][one]), float(sizes[1][children[0]])
            rows.append((one, children[0], judged(before, after)))
    for one in _ids(follow):
        parents = parents_of.get(one, [])
        if not parents:
            rows.append((0, one, "new"))
        elif len(parents) > 1:
            rows.append((0, one, "merged"))
        elif len(children_of[parents[0]]) > 1:
            rows.append((0, one, "split"))
    rows.sort(key=lambda row: -max(_size(sizes[0], row[0]), _size(sizes[1], row[1])))
    names = {(row[0], row[1]): f"L{number}" for number, row in enumerate(rows, start=1)}
    name_of_base = {row[0]: names[row[0], row[1]] for row in rows if row[0]}
    name_of_follow = {row[1]: names[row[0], row[1]] for row in rows if row[1]}
    place = _places(base, follow, spacing)
    lesions = []
    for base_id, follow_id, state in rows:
        centre, diameter = place(base_id, follow_id)
        family = state in ("merged", "split")
        lesions.append(
            Lesion(
                name=names[base_id, follow_id],
                state=state,
                base_id=base_id,
                follow_id=follow_id,
                base_ml=_size(sizes[0], base_id),
                follow_ml=_size(sizes[1], follow_id),
                centre=centre,
                diameter_mm=diameter,
                parents=tuple(name_of_base[p] for p in parents_of.get(follow_id, []))
                if family and follow_id
                else (),
                children=tuple(name_of_follow[c] for c in children_of.get(base_id, []))
                if family and base_id
                else (),
            )
        )
    return lesions


def judged(base_ml: float, follow_ml: float) -> State:
    """Larger, smaller or stable, for a lesion that is there both times."""
    change = follow_ml - base_ml
    if abs(change) <= max(LEAST_CHANGE_ML, NOISE_SHARE * base_ml):
        return "stable"
    return "enlarging" if change > 0 else "shrinking"


def _ids(labels: NDArray[np.integer[Any]]) -> list[int]:
    return [int(one) for one in np.unique(labels) if one]


def _size(sizes: NDArray[Any], number: int) -> float:
    return float(sizes[number]) if number else 0.0


def _links(
    base: NDArray[np.integer[Any]], follow: NDArray[np.integer[Any]]
) -> list[tuple[int, int]]:
    """Pairs that share enough of the smaller of the two."""
    both = (base > 0) & (follow > 0)
    pairs, shared = np.unique(
        np.stack([base[both], follow[both]]).astype(np.int64), axis=1, return_counts=True
    )
    sizes = np.bincount(base.ravel()), np.bincount(follow.ravel())
    return [
        (int(a), int(b))
        for (a, b), n in zip(pairs.T, shared, strict=True)
        if n >= LEAST_OVERLAP * min(sizes[0][a], sizes[1][b])
    ]


def _sides(links: list[tuple[int, int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    parents: dict[int, list[int]] = {}
    children: dict[int, list[int]] = {}
    for a, b in links:
        parents.setdefault(b, []).append(a)
        children.setdefault(a, []).append(b)
    return parents, children


def _places(
    base: NDArray[np.integer[Any]],
    follow: NDArray[np.integer[Any]],
    spacing: tuple[float, float, float],
) -> Callable[[int, int], tuple[tuple[float, float, float], float]]:
    boxes = ndimage.find_objects(base), ndimage.find_objects(follow)

    def place(base_id: int, follow_id: int) -> tuple[tuple[float, float, float], float]:
        labels, box, number = (
            (follow, boxes[1][follow_id - 1], follow_id)
            if follow_id
            else (base, boxes[0][base_id - 1], base_id)
        )
        inside = np.argwhere(labels[box] == number)
        start = np.array([side.start for side in box])
        centre = inside.mean(axis=0) + start
        extent = (inside.max(axis=0) - inside.min(axis=0) + 1) * np.array(spacing)
        z, y, x = (float(v) for v in centre)
        return (z, y, x), float(extent.max())

    return place
