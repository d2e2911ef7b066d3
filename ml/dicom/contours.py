"""Masks as closed planar contours and back, exactly: contours run along the faces of pixels.

A hole is joined to its surround by a bridge of no width (the keyhole technique of PS3.3
C.8.8.6.3), which every planning system reads.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Polygon vertices (n, 2) as (y, x) in pixels; a pixel's centre is whole, its faces lie at .5.
Polygon = NDArray[np.float64]


def contours_of(mask: NDArray[np.bool_]) -> list[Polygon]:
    """Polygons around a mask (y, x), one per part, parts meeting at a corner being apart; corners
    only. The first vertex is not repeated.
    """
    loops = _loops(mask)
    areas = [signed_area(loop) for loop in loops]
    outer = [loop for loop, area in zip(loops, areas, strict=True) if area > 0]
    holes = [loop for loop, area in zip(loops, areas, strict=True) if area < 0]
    # Parts that meet at a corner only have labels of their own, like the loops.
    part, _ = ndimage.label(mask)
    owner = {int(part[_mask_pixel(loop)]): index for index, loop in enumerate(outer)}
    owned: dict[int, list[Polygon]] = defaultdict(list)
    for hole in holes:
        owned[owner[int(part[_mask_pixel(hole)])]].append(hole)
    return [_with_keyholes(loop, owned[index]) for index, loop in enumerate(outer)]


def mask_of(polygons: list[Polygon], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (y, x) whose centres lie within the polygons, each by the even-odd rule."""
    mask = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        mask |= filled(polygon, shape)
    return mask


def filled(polygon: Polygon, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (y, x) whose centres lie within one polygon, by the even-odd rule.

    A centre that lies exactly on an edge counts on the low side only, so that two polygons that
    share an edge share no pixel.
    """
    start, end = polygon, np.roll(polygon, -1, axis=0)
    low = np.maximum(np.ceil(np.minimum(start[:, 0], end[:, 0])), 0).astype(np.int64)
    high = np.minimum(np.ceil(np.maximum(start[:, 0], end[:, 0])), shape[0]).astype(np.int64)
    count = np.maximum(high - low, 0)
    # Each edge once for every row of centres that it crosses.
    edge = np.repeat(np.arange(len(polygon)), count)
    rows = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count) + low[edge]
    (y0, x0), (y1, x1) = start[edge].T, end[edge].T
    x = x0 + (rows - y0) / (y1 - y0) * (x1 - x0)
    first = np.clip(np.ceil(x), 0, shape[1]).astype(np.int64)
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    np.add.at(crossings, (rows, first), 1)
    inside: NDArray[np.bool_] = crossings[:, :-1].cumsum(axis=1) % 2 == 1
    return inside


def signed_area(polygon: Polygon) -> float:
    """Area in pixels, positive where the mask lies inside."""
    y, x = polygon.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def _loops(mask: NDArray[np.bool_]) -> list[Polygon]:
    """Faces between mask and rest, with the mask on the same side of each, joined to loops."""
    padded = np.pad(mask, 1).astype(np.int8)
    steps: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    down = padded[1:, 1:-1] - padded[:-1, 1:-1]  # 1: the mask begins below this face
    for y, x in np.argwhere(down):
        start, end = ((y, x), (y, x + 1)) if down[y, x] > 0 else ((y, x + 1), (y, x))
        steps[int(start[0]), int(start[1])].append((int(end[0]), int(end[1])))
    right = padded[1:-1, 1:] - padded[1:-1, :-1]
    for y, x in np.argwhere(right):
        start, end = ((y + 1, x), (y, x)) if right[y, x] > 0 else ((y, x), (y + 1, x))
        steps[int(start[0]), int(start[1])].append((int(end[0]), int(end[1])))
    loops = []
    while steps:
        start_at = next(iter(steps))
        loop, at, came = [start_at], start_at, (0, 0)
        while True:
            at, came = _next(steps, at, came)
            if at == start_at:
                break
            loop.append(at)
        loops.append(_corners(np.asarray(loop, dtype=np.float64)) - 0.5)
    return loops


def _next(
    steps: dict[tuple[int, int], list[tuple[int, int]]], at: tuple[int, int], came: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Follow a face on from ``at``; where two parts touch at a corner, stay with one's own."""
    ways = steps[at]
    # Turning towards the mask: (dy, dx) turned from (1, 0) to (0, -1) and so on.
    towards = (came[1], -came[0])
    chosen = next((w for w in ways if (w[0] - at[0], w[1] - at[1]) == towards), ways[0])
    ways.remove(chosen)
    if not ways:
        del steps[at]
    return chosen, (chosen[0] - at[0], chosen[1] - at[1])


def _corners(loop: Polygon) -> Polygon:
    before, after = np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0)
    turns = ~np.all(np.isclose(loop - before, after - loop), axis=1)
    corners: Polygon = loop[turns]
    return corners


def _mask_pixel(loop: Polygon) -> tuple[int, int]:
    """The pixel of the mask at the first face of ``loop``."""
    (y0, x0), (y1, x1) = loop[0], loop[1]
    step = np.sign([y1 - y0, x1 - x0])
    # The mask lies to the side of a face that its direction says.
    y, x = y0 + 0.5 * step[0] + 0.25 * step[1], x0 + 0.5 * step[1] - 0.25 * step[0]
    return round(y), round(x)


def _with_keyholes(outer: Polygon, holes: list[Polygon]) -> Polygon:
    joined = outer
    # For each hole the shortest bridge so far: its length, where it starts, and the hole's vertex.
    bridges = [_bridge(outer, hole) for hole in holes]
    rest = list(range(len(holes)))
    while rest:
        # The nearest hole first: nothing can lie between it and what is joined already.
        nearest = min(rest, key=lambda index: bridges[index][0])
        rest.remove(nearest)
        _, start, vertex = bridges[nearest]
        hole = holes[nearest]
        turned = np.roll(hole, -vertex, axis=0)
        i = int(np.flatnonzero((joined == start).all(axis=1))[0])
        joined = np.concatenate([joined[: i + 1], turned, turned[:1], joined[i:]])
        for index in rest:
            bridges[index] = min(
                bridges[index], _bridge(hole, holes[index]), key=lambda bridge: bridge[0]
            )
    return joined


def _bridge(polygon: Polygon, hole: Polygon) -> tuple[float, Polygon, int]:
    """The shortest way from a vertex of ``polygon`` to one of ``hole``: its squared length, the
    former's place, the latter's index."""
    gap = ((polygon[:, None] - hole[None]) ** 2).sum(-1)
    i, j = np.unravel_index(int(gap.argmin()), gap.shape)
    return float(gap[i, j]), polygon[i], int(j)
