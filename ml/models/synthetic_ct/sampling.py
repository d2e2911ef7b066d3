"""Alternative synthetic CTs of one MR, drawn by a rectified flow (Liu et al., ICLR 2023)."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch
from torch import Tensor

from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.intensity import to_hu
from ml.models.synthetic_ct.synthesiser import (
    AIR_HU,
    SLAB,
    Prepared,
    in_air,
    neighbours,
    opened,
)
from ml.models.synthetic_ct.weights import Checkpoint

FLOW_STEPS = 4
# Spread of the noise that the flow starts from, in thousands of HU.
FLOW_NOISE = 0.3


class Sampler:
    """A flow network ready to draw; its grid is that of the network which gives the result."""

    def __init__(self, checkpoint: Checkpoint, *, threads: int | None = None) -> None:
        self._config = checkpoint.model.config
        self._run = opened(checkpoint.model, threads)

    def pieces(
        self, volume: Volume, ready: Prepared, *, seed: int
    ) -> Generator[float, None, Volume]:
        """Draw one CT, float32 HU on the grid of ``volume``, air outside the body. Yields the
        share that is done after every step of the flow; the same ``seed`` draws the same CT.

        Raises:
            ValueError: ``ready`` was made for another grid than this network's.
        """
        if not np.allclose(ready.grid.spacing, self._config.spacing_mm, atol=1e-3):
            raise ValueError("the image was prepared for another network")
        depth, (y, x) = ready.grid.shape[0], ready.size
        hu = np.empty(ready.grid.shape, dtype=np.float32)
        for start in range(0, depth, SLAB):
            rows = list(range(start, min(depth, start + SLAB)))
            planes = neighbours(ready.planes, rows, self._config.offsets)
            for step, state in enumerate(flowing(self._run, planes, seed=seed + start), 1):
                hu[rows] = to_hu(state[:, 0, :y, :x].numpy())
                yield (start + len(rows) * step / FLOW_STEPS) / depth
        body = to_grid(ready.grid.like(ready.body.astype(np.float32)), volume).array > 0.5
        placed = to_grid(ready.grid.like(hu), volume, outside=AIR_HU)
        return volume.like(in_air(placed.array, body))


def flowing(
    run: Callable[[Tensor], Tensor], planes: Tensor, *, seed: int, noise: float = FLOW_NOISE
) -> Generator[Tensor]:
    """The state (B, 1, y, x), thousands of HU, after each Euler step from noise of that spread.
    ``planes`` (B, offsets, y, x)."""
    shape = (len(planes), 1, *planes.shape[-2:])
    state = noise * torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    for step in range(FLOW_STEPS):
        time = torch.full(shape, step / FLOW_STEPS)
        state = state + run(torch.cat([planes, state, time], dim=1)) / FLOW_STEPS
        yield state
