"""From a scan of a head to tissue and side of each of its voxels."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.head_unet.backend import Backend, Trunk, open_trunk
from ml.models.head_unet.modeling import HeadUNet, fold
from ml.models.head_unet.plausible import plausible
from ml.models.head_unet.quality import StructureQuality
from ml.models.head_unet.scores import HeadScores, on_grid
from ml.simulate.intensity import normalise

VOXEL_MM = 1.5
# A larger field of view holds more than a head: its top is kept, in mm (z, y, x).
_LARGEST_MM = (270.0, 290.0, 250.0)


@dataclass(frozen=True, slots=True, eq=False)
class VoxelClasses:
    """Result on the grid of the scan, (z, y, x): ``tissue`` uint8, index into
    ``ml.simulate.labels.TISSUES``, ``is_left`` bool. ``scores``: what it was made from, cleaned
    up. ``changed_share``: share of brain voxels that clean-up changed. ``quality``: expected Dice
    by label id, empty where the checkpoint cannot tell."""

    tissue: NDArray[np.uint8]
    is_left: NDArray[np.bool_]
    scores: HeadScores
    changed_share: float
    quality: Mapping[int, float] = field(default_factory=dict)


class HeadSegmenter:
    """A loaded model, ready to segment. Not for use from several threads at once."""

    def __init__(
        self,
        model: HeadUNet,
        *,
        quality: StructureQuality | None = None,
        backend: Backend = "auto",
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.quality = quality
        self.trunk: Trunk = open_trunk(model, backend=backend, threads=threads)

    def segment(self, image: Volume) -> VoxelClasses:
        """Segment a head in one call; see :meth:`pieces`."""
        work = self.pieces(image)
        while True:
            try:
                next(work)
            except StopIteration as end:
                result: VoxelClasses = end.value
                return result

    def pieces(self, image: Volume) -> Generator[float, None, VoxelClasses]:
        """Segment a head piece by piece, so that the caller can stop or tell of progress between.

        The whole head goes through the network at once: what a voxel is and on which side it lies
        follows from where it is in the head.

        Args:
            image: a scan of a head on any grid, in any unit.

        Yields:
            The fraction done, before each piece of work; returns the result.

        Raises:
            ValueError: the image is not three-dimensional, or not finite.
        """
        if image.array.ndim != 3 or not np.isfinite(image.array).all():
            raise ValueError("a head must be a finite volume (z, y, x)")
        yield 0.0
        head, affine = prepared(image)
        yield 0.1
        scores = self.scores(head, affine)
        yield 0.6
        scores, changed = plausible(scores)
        quality = self.quality.foretell(scores, changed) if self.quality else {}
        tissue = np.zeros(image.shape, dtype=np.uint8)
        is_left = np.zeros(image.shape, dtype=np.bool_)
        for slab, kinds, sides in on_grid(scores, image):
            yield 0.7 + 0.3 * slab.start / image.shape[0]
            tissue[slab], is_left[slab] = kinds, sides
        return VoxelClasses(
            tissue=tissue, is_left=is_left, scores=scores, changed_share=changed, quality=quality
        )

    def scores(self, head: Tensor, affine: NDArray[np.float64]) -> HeadScores:
        """Probabilities of a normalised head, float32 (z, y, x) at ``VOXEL_MM`` along LPS."""
        stride, shape = self.model.config.stride, head.shape
        padding: list[int] = []
        for size in reversed(shape):
            padding += [0, -size % stride]
        folded = fold(functional.pad(head[None, None], padding))
        features = self.trunk(folded).to(self.model.classify.weight.device)
        z, y, x = (2 * size for size in features.shape[2:])
        probability = torch.empty(self.model.config.tissues, z, y, x)
        left = torch.empty(z, y, x)
        # One sub-voxel after the other: the logits of all of them need never exist at once.
        for offset in range(8):
            with torch.inference_mode():
                logits = self.model.logits_at(features, offset)[0].float()
            dz, dy, dx = offset >> 2 & 1, offset >> 1 & 1, offset & 1
            probability[:, dz::2, dy::2, dx::2] = torch.softmax(logits[:-1], dim=0).cpu()
            left[dz::2, dy::2, dx::2] = torch.sigmoid(logits[-1]).cpu()
        box = (slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2]))
        return HeadScores(
            probability=probability[(slice(None), *box)], left=left[box], affine=affine
        )


def prepared(image: Volume) -> tuple[Tensor, NDArray[np.float64]]:
    """The occupied part of a scan at the model's voxel size, normalised, and its affine."""
    grid = canonical(image, (VOXEL_MM, VOXEL_MM, VOXEL_MM))
    array = np.ascontiguousarray(grid.array, dtype=np.float32)
    box = occupied(normalise(torch.from_numpy(array)).numpy())
    head = normalise(torch.from_numpy(array[box].copy()))
    affine = grid.affine.copy()
    affine[:3, 3] = grid.point_lps((box[0].start, box[1].start, box[2].start))
    return head, affine


def occupied(scaled: NDArray[np.float32]) -> tuple[slice, slice, slice]:
    """The box of a normalised image that holds signal, with a margin: the air around a head needs
    no network. Of a body, its upper end as large as a head may be."""
    bright = scaled > 0.08
    slices = []
    for axis, largest_mm in enumerate(_LARGEST_MM):
        others = tuple(a for a in range(3) if a != axis)
        # A few noisy voxels are no signal: one in two hundred of a plane must be bright.
        filled = np.flatnonzero(bright.mean(axis=others) > 0.005)
        size, most = scaled.shape[axis], round(largest_mm / VOXEL_MM)
        low, high = (int(filled[0]) - 4, int(filled[-1]) + 5) if filled.size else (0, size)
        low, high = max(0, low), min(size, high)
        if high - low > most:
            # z grows to the head, so the top is its end; the other axes are cut evenly.
            low = high - most if axis == 0 else (low + high - most) // 2
            high = low + most
        slices.append(slice(low, high))
    return slices[0], slices[1], slices[2]
