"""From a head at 1 mm to tissue and side of every voxel."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.models.head_unet.backend import Backend, Trunk, open_trunk
from ml.models.head_unet.modeling import HeadUNet, fold
from ml.simulate.intensity import normalise

# A window of this many voxels a side is what the model saw in training, and passes in well under
# a second: the longest time between two looks at a cancel token.
WINDOW = (128, 144, 128)


@dataclass(frozen=True, slots=True, eq=False)
class VoxelClasses:
    """Result on the grid of the input, all (z, y, x): ``tissue`` uint8 index into
    ``ml.simulate.labels.TISSUES``, ``confidence`` float16 its probability, ``is_left`` bool.
    ``expected_ml`` (tissues, 2) float64: probability mass per tissue left and right, in ml."""

    tissue: NDArray[np.uint8]
    confidence: NDArray[np.float16]
    is_left: NDArray[np.bool_]
    expected_ml: NDArray[np.float64]


class HeadSegmenter:
    """A loaded model, ready to segment. Not for use from several threads at once."""

    def __init__(
        self, model: HeadUNet, *, backend: Backend = "auto", threads: int | None = None
    ) -> None:
        self.model = model
        self.trunk: Trunk = open_trunk(model, backend=backend, threads=threads)

    def segment(
        self, image: NDArray[np.float32], *, window: tuple[int, int, int] | None = WINDOW
    ) -> VoxelClasses:
        """Segment a head in one call; see :meth:`pieces`."""
        work = self.pieces(image, window=window)
        while True:
            try:
                next(work)
            except StopIteration as end:
                result: VoxelClasses = end.value
                return result

    def pieces(
        self, image: NDArray[np.float32], *, window: tuple[int, int, int] | None = WINDOW
    ) -> Generator[float, None, VoxelClasses]:
        """Segment a head piece by piece, so that the caller can stop or tell of progress between.

        Args:
            image: float32 (z, y, x) at 1 mm in any unit, z to superior, y to posterior, x to left.
            window: sizes of overlapping windows, or None for the whole head in one pass.

        Yields:
            The fraction done, before each piece of work; returns the result.

        Raises:
            ValueError: the image is not three-dimensional, or not finite.
        """
        if image.ndim != 3 or not np.isfinite(image).all():
            raise ValueError("a head must be a finite volume (z, y, x)")
        scaled = normalise(torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32)))
        box = _occupied(scaled.numpy())
        yield 0.0
        features = yield from self._features(scaled[box], window)
        return (yield from _classify(self.model, features, image.shape, box))

    def _features(
        self, image: Tensor, window: tuple[int, int, int] | None
    ) -> Generator[float, None, Tensor]:
        """Features (1, C, z, y, x) at 2 mm of an image, padded with zeros to whole cells."""
        stride = self.model.config.stride
        padding: list[int] = []
        for size in reversed(image.shape):
            padding += [0, -size % stride]
        folded = fold(functional.pad(image[None, None], padding))
        if window is None:
            return self.trunk(folded)
        return (yield from self._windowed(folded, [w // 2 for w in window]))

    def _windowed(self, folded: Tensor, window: list[int]) -> Generator[float, None, Tensor]:
        """Blend features of overlapping windows with weights that fall towards their edges."""
        shape = folded.shape[2:]
        size = [min(w, s) for w, s in zip(window, shape, strict=True)]
        starts = [
            np.unique(np.linspace(0, s - w, -(-(s - w) // max(1, w * 2 // 3)) + 1).round())
            for s, w in zip(shape, size, strict=True)
        ]
        places = list(product(*(axis.astype(int).tolist() for axis in starts)))
        weight = _taper(size)
        total = torch.zeros(1, self.model.config.channels[0] + 8, *shape)
        norm = torch.zeros(1, 1, *shape)
        for done, place in enumerate(places):
            yield 0.8 * done / len(places)
            z, y, x = (slice(p, p + s) for p, s in zip(place, size, strict=True))
            part = folded[:, :, z, y, x].contiguous()
            total[:, :, z, y, x] += weight * self.trunk(part).cpu()
            norm[:, :, z, y, x] += weight
        return total / norm


def _taper(size: list[int]) -> Tensor:
    ramps = [torch.minimum(torch.arange(1, s + 1), torch.arange(s, 0, -1)).float() for s in size]
    ramps = [(ramp / ramp.max()).clamp_min(0.05) for ramp in ramps]
    return ramps[0][:, None, None] * ramps[1][None, :, None] * ramps[2][None, None, :]


def _occupied(scaled: NDArray[np.float32]) -> tuple[slice, slice, slice]:
    """The box of the image that holds signal, with a margin: air around it needs no network."""
    bright = scaled[::2, ::2, ::2] > 0.08
    slices = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        # A few noisy voxels are no signal: one in two hundred of a plane must be bright.
        filled = np.flatnonzero(bright.mean(axis=others) > 0.005)
        size = scaled.shape[axis]
        low, high = (2 * filled[0], 2 * filled[-1] + 2) if filled.size else (0, size)
        slices.append(slice(max(0, int(low) - 8), min(size, int(high) + 8)))
    return slices[0], slices[1], slices[2]


def _classify(
    model: HeadUNet,
    features: Tensor,
    shape: tuple[int, ...],
    box: tuple[slice, slice, slice],
) -> Generator[float, None, VoxelClasses]:
    """Apply the sub-voxel head one offset at a time: the full logits never exist at once."""
    tissue = np.zeros(shape, dtype=np.uint8)
    confidence = np.ones(shape, dtype=np.float16)
    left_logit = np.zeros(shape, dtype=np.float32)
    expected = np.zeros((model.config.tissues, 2))
    parts = tissue[box], confidence[box], left_logit[box]
    features = features.to(model.classify.weight.device)
    side = _smooth_side(model, features)
    is_left_cell = side > 0
    for offset, (best, value) in _offsets(model, features, is_left_cell, expected):
        yield 0.8 + 0.2 * offset / 8
        views = [
            part[offset >> 2 & 1 :: 2, offset >> 1 & 1 :: 2, offset & 1 :: 2] for part in parts
        ]
        z, y, x = views[0].shape
        views[0][...] = best[:z, :y, :x]
        views[1][...] = value[:z, :y, :x]
        views[2][...] = side[:z, :y, :x]
    return VoxelClasses(
        tissue=tissue,
        confidence=confidence,
        is_left=left_logit > 0,
        expected_ml=expected / 1000.0,
    )


def _smooth_side(model: HeadUNet, features: Tensor) -> NDArray[np.float32]:
    """Side logit per 2 mm cell, averaged over two opposite sub-voxels and the cell's neighbours:
    a side has no fine detail."""
    with torch.inference_mode():
        logit = sum(model.logits_at(features, offset)[:, -1:].float() for offset in (0, 7))
        smooth = functional.avg_pool3d(torch.as_tensor(logit), 5, stride=1, padding=2)
    return smooth[0, 0].cpu().numpy()


def _offsets(
    model: HeadUNet,
    features: Tensor,
    is_left: NDArray[np.bool_],
    expected: NDArray[np.float64],
) -> Iterator[tuple[int, tuple[NDArray[np.uint8], NDArray[np.float16]]]]:
    """Per sub-voxel offset: best tissue and its probability; adds the mass to ``expected``."""
    left = torch.from_numpy(is_left)
    device = features.device
    for offset in range(8):
        with torch.inference_mode():
            logits = model.logits_at(features, offset)[0, :-1].float()
            probability = torch.softmax(logits, dim=0)
            value, best = probability.max(dim=0)
            flat = probability.flatten(1)
            on_left = left.flatten().to(device)
            mass_left = flat @ on_left.float()
            expected[:, 0] += mass_left.double().cpu().numpy()
            expected[:, 1] += (flat.sum(dim=1) - mass_left).double().cpu().numpy()
        yield (
            offset,
            (
                best.to(torch.uint8).cpu().numpy(),
                value.to(torch.float16).cpu().numpy(),
            ),
        )
