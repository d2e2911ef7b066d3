"""The usual images of the head gate: simulated heads as scanners show them, framed at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ml.imaging.volume import Volume
from ml.models.input_gate.features import VOXEL_MM, measure
from ml.simulate.anatomy import Anatomy
from ml.simulate.draw import Draw
from ml.simulate.head import HeadOptions, random_head

# The whole head and neck with air around it.
OPTIONS = HeadOptions(
    shape=(96, 96, 80),
    voxel_mm=VOXEL_MM,
    centre_spread_mm=15.0,
    brain_centre_share=1.0,
    rotation_degrees=20.0,
    physical_share=0.8,
    t1_share=0.5,
    stripped_share=0.3,
)
# Air left around the head, and how much of the neck side is not in the picture (share of height).
_MARGIN_MM = (0.0, 45.0)
_CUT_SHARE = 0.4


def usual_head(anatomy: Anatomy, seed: int) -> Volume:
    """One head at 3 mm in LPS axes, framed as people frame heads. Same seed, same image."""
    head = random_head(anatomy, seed, OPTIONS)
    image = head.image.numpy()
    draw = Draw(seed + 7_777_777)
    places = np.argwhere(head.tissue.numpy() > 0)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    frame = []
    for axis in range(3):
        before, after = (round(draw.uniform(*_MARGIN_MM) / VOXEL_MM) for _ in range(2))
        if axis == 0 and draw.chance(0.6):
            # z grows to the head: what is cut off lies at its start.
            cut = round(draw.uniform(0.0, _CUT_SHARE) * float(high[0] - low[0]))
            before = -cut
        start = max(0, int(low[axis]) - before)
        frame.append(slice(start, min(image.shape[axis], int(high[axis]) + after)))
    affine = np.diag([VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    return Volume(array=np.ascontiguousarray(image[tuple(frame)]), affine=affine)


def usual_features(
    anatomies: Sequence[Anatomy], *, count: int, seed: int
) -> Iterator[dict[str, float]]:
    """Features of ``count`` heads, the anatomies in turn."""
    for number in range(count):
        head = usual_head(anatomies[number % len(anatomies)], seed * 1_000_003 + number)
        yield measure(head)
