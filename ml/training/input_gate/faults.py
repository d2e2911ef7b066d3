"""Training examples of the view network: faults of place, size and frame, made from the coarse
picture of a simulated head within a millisecond."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.models.input_gate.sight import Sight
from ml.models.input_gate.view import FAULTS, POSES, cube, extent
from ml.simulate.draw import Draw

Array = NDArray[np.float32]
_UPRIGHT_SHARE, _FAULT_SHARE = 0.5, 0.3
# One flip alone is the hardest to see, and the commonest.
_FLIP_SHARE = 0.25
_FACTOR, _CUT = (1.18, 2.2), (0.12, 0.5)


def example(draw: Draw, sight: Sight, *, metal: bool) -> tuple[Array, int, list[float]]:
    """A cube, the index of its pose, and 0 or 1 for each of ``FAULTS``."""
    picture = sight.coarse
    cut = draw.chance(_FAULT_SHARE)
    if cut:
        picture = _cut(draw, picture)
    spacing = draw.chance(_FAULT_SHARE)
    if spacing:
        picture = _stretched(draw, picture)
    pose = _pose(draw)
    order, z_back, y_back = POSES[pose]
    steps = (-1 if z_back else 1, -1 if y_back else 1, -1 if draw.chance(0.5) else 1)
    picture = picture[:: steps[0], :: steps[1], :: steps[2]].transpose(order)
    # Other contrasts of the same head.
    picture = np.ascontiguousarray(picture) ** draw.log_normal(0.15)
    truth = {"spacing": spacing, "cut": cut, "metal": metal}
    return cube(picture), pose, [float(truth[fault]) for fault in FAULTS]


def _pose(draw: Draw) -> int:
    if draw.chance(_UPRIGHT_SHARE):
        return 0
    return draw.integer(1, 3) if draw.chance(_FLIP_SHARE * 2) else draw.integer(1, len(POSES))


def _stretched(draw: Draw, picture: Array) -> Array:
    factor = math.exp(draw.uniform(*(math.log(value) for value in _FACTOR)))
    factor = factor if draw.chance(0.5) else 1 / factor
    axis = draw.integer(0, 4)
    size = [
        max(2, round(n * factor)) if axis in (3, number) else n
        for number, n in enumerate(picture.shape)
    ]
    tensor = torch.from_numpy(np.ascontiguousarray(picture))[None, None]
    # Area keeps what a smaller picture cannot hold from becoming noise.
    mode = "trilinear" if factor > 1 else "area"
    result: Array = functional.interpolate(tensor, size=size, mode=mode)[0, 0].numpy()
    return result


def _cut(draw: Draw, picture: Array) -> Array:
    """The top, one side, the front or the back is not in the picture."""
    axis = draw.integer(0, 3)
    first, last = extent(picture, axis)
    share = round(draw.uniform(*_CUT) * (last - first))
    at_end = axis == 0 or draw.chance(0.5)
    kept = slice(0, last - share + 1) if at_end else slice(first + share, None)
    return picture[tuple(kept if a == axis else slice(None) for a in range(3))]


def batch(
    draw: Draw, sights: Sequence[tuple[Sight, bool]], size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Cubes (B, 1, 64, 64, 64), poses (B,) and faults (B, faults); ``sights`` with whether there
    is metal."""
    cubes, poses, truths = [], [], []
    for _ in range(size):
        sight, metal = sights[draw.integer(0, len(sights))]
        picture, pose, truth = example(draw, sight, metal=metal)
        cubes.append(picture)
        poses.append(pose)
        truths.append(truth)
    return torch.from_numpy(np.stack(cubes))[:, None], torch.tensor(poses), torch.tensor(truths)
