"""What the network says of a head, on its own grid, and the same on the grid of a scan."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.imaging.volume import Volume
from ml.simulate import labels

# Voxels of the scan that are looked at at once, some 100 MB of indices and scores.
_SLAB_VOXELS = 500_000
_MIXED = 255


@dataclass(frozen=True, slots=True, eq=False)
class HeadScores:
    """Probabilities at the model's voxel size.

    ``probability`` float32 (tissues, z, y, x), summing to 1 except where clean-up took a class
    away; ``left`` float32 (z, y, x), the probability that the voxel lies on the left side of the
    body; ``affine`` (4, 4) maps voxel index (x, y, z, 1) to LPS mm.
    """

    probability: Tensor
    left: Tensor
    affine: NDArray[np.float64]

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def best(self) -> NDArray[np.uint8]:
        """uint8 (z, y, x): index of the likeliest tissue of each voxel."""
        return self.probability.argmax(dim=0).to(torch.uint8).numpy()


def on_grid(
    scores: HeadScores, reference: Volume
) -> Iterator[tuple[slice, NDArray[np.uint8], NDArray[np.bool_]]]:
    """Tissue and side at the voxels of ``reference``, some slices at a time.

    Each tissue's probability is interpolated linearly by itself before the likeliest is taken:
    borders stay smooth, and finer than the model's voxels where the scan is.

    Yields:
        Slices along z, then uint8 tissue and bool is-left (those slices, y, x). Tissue is 0 where
        the model's grid does not reach.
    """
    to_model = np.linalg.inv(scores.affine) @ reference.affine
    reach = _reach(scores, to_model, reference.shape)
    sampler = _Sampler(scores)
    _, rows, columns = reference.shape
    depth = max(1, _SLAB_VOXELS // max(1, rows * columns))
    for start in range(0, reference.shape[0], depth):
        slab = slice(start, min(start + depth, reference.shape[0]))
        tissue = np.zeros((slab.stop - slab.start, rows, columns), dtype=np.uint8)
        is_left = np.zeros(tissue.shape, dtype=np.bool_)
        z = slice(max(slab.start, reach[0].start), min(slab.stop, reach[0].stop))
        if z.start < z.stop:
            place = (slice(z.start - start, z.stop - start), *reach[1:])
            key = sampler.keys(to_model, (z, *reach[1:]))
            tissue[place], is_left[place] = key >> 1, (key & 1).astype(np.bool_)
        yield slab, tissue, is_left


class _Sampler:
    """Looks up places between the model's voxels. A key is twice the tissue, plus 1 for left.

    Where all eight voxels around a place agree on the key, so does what lies between them; only
    the others (borders) need interpolation.
    """

    def __init__(self, scores: HeadScores) -> None:
        self.shape = tuple(scores.left.shape)
        best = scores.probability.argmax(dim=0)
        lateral = torch.tensor([t.lateral for t in labels.TISSUES[: len(scores.probability)]])
        self.lateral = lateral
        key = 2 * best + ((scores.left > 0.5) & lateral[best])
        padded = functional.pad(key[None].float(), (1,) * 6, value=-1.0)
        highest = functional.max_pool3d(padded, 2, stride=1)[0]
        lowest = -functional.max_pool3d(-padded, 2, stride=1)[0]
        # Cell (z, y, x) lies between voxels z - 1 and z, and so on.
        self.cells = torch.where(highest == lowest, highest, float(_MIXED)).to(torch.uint8)
        # A rim of voxels that are nothing and on neither side saves asking where the grid ends.
        probability = functional.pad(scores.probability, (1,) * 6)
        left = functional.pad(scores.left[None], (1,) * 6, value=0.5)
        self.table = torch.cat([probability, left]).flatten(1).t().contiguous()

    def keys(
        self, to_model: NDArray[np.float64], box: tuple[slice, slice, slice]
    ) -> NDArray[np.uint8]:
        """uint8 (z, y, x): keys at a box of another grid, whose indices ``to_model`` maps."""
        z, y, x = (torch.arange(s.start, s.stop, dtype=torch.float32) for s in box)
        corners, nears = [], []
        for row, size in zip((2, 1, 0), self.shape, strict=True):
            a, b, c, shift = (float(v) for v in to_model[row])
            index = a * x + b * y[:, None] + (c * z[:, None, None] + shift)
            index = index.clamp_(-1.0, float(size) - 1e-3)
            corner = index.floor()
            nears.append(index.sub_(corner))
            corners.append(corner.to(torch.int32) + 1)
        _, rows, columns = self.shape
        cell = (corners[0] * (rows + 1) + corners[1]) * (columns + 1) + corners[2]
        key = self.cells.reshape(-1)[cell]
        mixed = (key == _MIXED).reshape(-1).nonzero()[:, 0]
        key.reshape(-1)[mixed] = self._between(
            [corner.reshape(-1)[mixed] for corner in corners],
            [near.reshape(-1)[mixed] for near in nears],
        )
        return key.numpy()

    def _between(self, corners: list[Tensor], nears: list[Tensor]) -> Tensor:
        """Keys (N,) of interpolated scores between a corner of the grid with its rim and the
        next one, which is as near as ``nears`` says."""
        _, rows, columns = self.shape
        steps = ((rows + 2) * (columns + 2), columns + 2, 1)
        first = corners[0] * steps[0] + corners[1] * steps[1] + corners[2]
        weights = torch.ones(len(first), 1)
        offsets = torch.zeros(1, dtype=torch.int32)
        for near, step in zip(nears, steps, strict=True):
            sides = torch.stack([1 - near, near], dim=1)
            weights = (weights[:, :, None] * sides[:, None, :]).flatten(1)
            offsets = (offsets[:, None] + torch.tensor([0, step], dtype=torch.int32)).flatten()
        scores = functional.embedding_bag(
            first[:, None] + offsets, self.table, per_sample_weights=weights, mode="sum"
        )
        best = scores[:, :-1].argmax(dim=1)
        return (2 * best + ((scores[:, -1] > 0.5) & self.lateral[best])).to(torch.uint8)


def _reach(
    scores: HeadScores, to_model: NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[slice, slice, slice]:
    """The box of a grid of ``shape`` that the model's grid may cover."""
    ends = [(-1.0, float(size)) for size in reversed(scores.left.shape)]
    corners = np.array([[*corner, 1.0] for corner in itertools.product(*ends)])
    places = (np.linalg.inv(to_model) @ corners.T)[2::-1]
    low = np.floor(places.min(axis=1)).astype(int)
    high = np.ceil(places.max(axis=1)).astype(int) + 1
    z, y, x = (
        slice(min(size, max(0, int(a))), max(0, min(size, int(b))))
        for a, b, size in zip(low, high, shape, strict=True)
    )
    return z, y, x
