"""From an MR volume to CT numbers with their interval, on the grid of the MR."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.imaging.body import body_of_mr
from ml.imaging.resample import canonical, to_grid
from ml.imaging.volume import Volume
from ml.models import openvino_runtime
from ml.models.synthetic_ct.calibration import Calibration
from ml.models.synthetic_ct.intensity import HU_RANGE, normalise, to_hu
from ml.models.synthetic_ct.modeling import PlaneUNet, quantiles
from ml.models.synthetic_ct.usual import Usual, Verdict, features
from ml.models.synthetic_ct.weights import Checkpoint

AIR_HU = -1000.0
# Slices that go through the network together: enough to keep it busy, few enough to stop between.
SLAB = 8
# Every so many slices are predicted first, so that there is something to look at.
COARSE = 12

Run = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticCt:
    """On the grid of the MR, float32 (z, y, x), HU; air outside ``body``. ``lower`` and ``upper``
    hold 90 % of the truth of an average patient where the network was calibrated."""

    middle: Volume
    lower: Volume
    upper: Volume
    body: NDArray[np.bool_]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """How far the work is, 0..1, and what there is so far: HU (z, y, x) on the network's grid,
    slices that are missing filled from their nearest neighbour."""

    fraction: float
    preview: Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """An MR as the network takes it: on its grid, with the outline of the body, and normalised
    (``planes``, (z, y, x), padded to the network's stride from the in-plane ``size``)."""

    grid: Volume
    body: NDArray[np.bool_]
    planes: Tensor
    size: tuple[int, int]

    @property
    def scaled(self) -> NDArray[np.float32]:
        """The normalised MR on ``grid``, (z, y, x)."""
        cut: NDArray[np.float32] = self.planes[:, : self.size[0], : self.size[1]].numpy()
        return cut


class Synthesiser:
    """A network ready to run. ``mirrored``: average with the mirrored image's prediction."""

    def __init__(
        self, checkpoint: Checkpoint, *, threads: int | None = None, mirrored: bool = True
    ) -> None:
        self.model = checkpoint.model
        self.calibration: Calibration | None = checkpoint.calibration
        self.usual: Usual | None = checkpoint.usual
        self.mirrored = mirrored
        self._run = opened(checkpoint.model, threads)

    def pieces(
        self, volume: Volume, ready: Prepared | None = None
    ) -> Generator[Part, None, SyntheticCt]:
        """Work slab by slab, coarse first; returns the result. ``ready`` is :meth:`prepare` of
        the same volume, where that was needed before.

        Raises:
            ValueError: no body with signal is found.
        """
        ready = ready or self.prepare(volume)
        depth = ready.grid.shape[0]
        maps = np.full((3, *ready.grid.shape), np.nan, dtype=np.float32)
        coarse = list(range(COARSE // 2, depth, COARSE)) or [depth // 2]
        rest = [z for z in range(depth) if z not in set(coarse)]
        slabs = [coarse] + [rest[i : i + SLAB] for i in range(0, len(rest), SLAB)]
        done = 0
        for slab in slabs:
            for start in range(0, len(slab), SLAB):
                rows = slab[start : start + SLAB]
                maps[:, rows] = self._predict(ready, rows)
            done += len(slab)
            yield Part(fraction=done / depth, preview=_filled(ready.grid, maps[1]))
        return self._finished(volume, ready, maps)

    def run(self, volume: Volume) -> SyntheticCt:
        """:meth:`pieces` at once."""
        work = self.pieces(volume)
        while True:
            try:
                next(work)
            except StopIteration as end:
                result: SyntheticCt = end.value
                return result

    def prepare(self, volume: Volume) -> Prepared:
        """Raises ValueError where no body with signal is found."""
        grid = canonical(volume, self.model.config.spacing_mm)
        body = body_of_mr(grid)
        scaled = torch.from_numpy(normalise(grid.array, body))
        stride, (_, y, x) = self.model.config.stride, grid.shape
        padded = functional.pad(scaled, (0, -x % stride, 0, -y % stride))
        return Prepared(grid=grid, body=body, planes=padded, size=(y, x))

    def _predict(self, ready: Prepared, rows: list[int]) -> NDArray[np.float32]:
        planes = neighbours(ready.planes, rows, self.model.config.offsets)
        out = quantiles(self._run(planes))
        if self.mirrored:
            flipped = quantiles(self._run(planes.flip(-1).contiguous())).flip(-1)
            out = (out + flipped) / 2
        y, x = ready.size
        return to_hu(out[..., :y, :x].movedim(1, 0).numpy())

    def _finished(self, volume: Volume, ready: Prepared, maps: NDArray[np.float32]) -> SyntheticCt:
        lower, middle, upper = maps
        verdict = None
        if self.usual is not None:
            verdict = self.usual.check(features(ready.scaled, ready.body, middle, upper - lower))
        if self.calibration is not None:
            lower, upper = self.calibration.widened(lower, middle, upper)
        body = to_grid(ready.grid.like(ready.body.astype(np.float32)), volume).array > 0.5
        placed = [
            volume.like(in_air(to_grid(ready.grid.like(m), volume, outside=AIR_HU).array, body))
            for m in (lower, middle, upper)
        ]
        return SyntheticCt(
            lower=placed[0], middle=placed[1], upper=placed[2], body=body, verdict=verdict
        )


def opened(model: PlaneUNet, threads: int | None = None) -> Run:
    """A function (B, inputs, y, x) float32 -> (B, outputs, y, x) float32: OpenVINO on a CPU where
    it is installed, else torch."""
    device = next(model.parameters()).device
    config = model.config
    if device.type == "cpu" and openvino_runtime.available():
        example = torch.zeros(1, config.inputs, 4 * config.stride, 4 * config.stride)
        return openvino_runtime.compiled(
            model, example, [-1, config.inputs, -1, -1], threads=threads
        )

    def run(planes: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
            out: Tensor = model(planes.to(device))
            return out.float().cpu()

    return run


def neighbours(planes: Tensor, rows: list[int], offsets: tuple[int, ...]) -> Tensor:
    """Slices ``rows`` of (z, y, x) with their neighbours as channels, (rows, offsets, y, x); the
    last slice stands for those beyond it."""
    last = planes.shape[0] - 1
    wanted = [[min(max(z + offset, 0), last) for offset in offsets] for z in rows]
    return planes[torch.tensor(wanted)]


def _filled(grid: Volume, hu: NDArray[np.float32]) -> Volume:
    known = np.flatnonzero(~np.isnan(hu[:, 0, 0]))
    nearest = known[np.abs(np.arange(len(hu))[:, None] - known[None]).argmin(axis=1)]
    return grid.like(hu[nearest])


def in_air(hu: NDArray[np.float32], body: NDArray[np.bool_]) -> NDArray[np.float32]:
    """HU (z, y, x) within what a CT stores, air outside ``body``."""
    return np.where(body, np.clip(hu, *HU_RANGE), np.float32(AIR_HU)).astype(np.float32)
