"""Images from tissue maps, batched: what an MR or CT scanner would show of them.

Everything is (B, z, y, x) on the device of the maps. Each item of a batch has its own seed and its
noise is drawn on the CPU, so that a batch is its items, and a GPU gives what a CPU gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ml.simulate import labels
from ml.simulate.contrast import free_contrast
from ml.simulate.corrupt import bias_field, gaussian_blur
from ml.simulate.draw import Draw
from ml.simulate.growth import Spacing
from ml.simulate.paint import paint
from ml.simulate.protocols import Protocol
from ml.simulate.tissue import Layer, TissueMaps

_FWHM = 2 * math.sqrt(2 * math.log(2))
# A head CT of 1 mm voxels at 60 mGy has a noise of about 6 HU in brain with a soft kernel.
_CT_REFERENCE_MGY, _CT_REFERENCE_NOISE_HU = 60.0, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MrScanner:
    """``psf_mm``: width at half maximum of the point spread. ``bias``: sd of the logarithm of the
    receive field. ``noise``: sd of each channel of the complex noise, white matter being 1."""

    psf_mm: float = 1.2
    bias: float = 0.12
    noise: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class CtScanner:
    """``psf_mm``: width at half maximum. ``dose_mgy``: CTDI, which noise falls with as its root."""

    psf_mm: float = 1.3
    dose_mgy: float = 60.0

    def noise_hu(self, voxel_mm3: float) -> float:
        """Sd of the noise: quanta per voxel count, so it grows as dose and voxel shrink."""
        quanta = self.dose_mgy / _CT_REFERENCE_MGY * voxel_mm3
        return _CT_REFERENCE_NOISE_HU / math.sqrt(quanta)


def mr_image(
    maps: TissueMaps,
    protocol: Protocol,
    spacing_mm: Spacing,
    seeds: Sequence[int],
    scanner: MrScanner | None = None,
) -> Tensor:
    """Magnitude images, float32 (B, z, y, x), white matter at about 1.

    Raises:
        ValueError: not one seed per item.
    """
    return received(protocol.signal(maps), spacing_mm, seeds, scanner or MrScanner())


def received(
    signal: Tensor, spacing_mm: Spacing, seeds: Sequence[int], scanner: MrScanner
) -> Tensor:
    """What a receiver makes of an ideal signal (B, z, y, x): point spread, bias, Rician noise
    (Gudbjartsson and Patz, Magn. Reson. Med. 34:910, 1995).

    Raises:
        ValueError: not one seed per item.
    """
    draws = _draws(signal, seeds)
    shape = (signal.shape[1], signal.shape[2], signal.shape[3])
    image = gaussian_blur(signal, _psf(scanner.psf_mm, spacing_mm))
    image = image * _each(draws, signal, lambda d: bias_field(d, shape, strength=scanner.bias))
    real = image + scanner.noise * _each(draws, signal, lambda d: d.normals(*shape))
    imaginary = scanner.noise * _each(draws, signal, lambda d: d.normals(*shape))
    return torch.sqrt(real * real + imaginary * imaginary)


def random_contrast_image(
    label_ids: Tensor,
    layers: Sequence[Sequence[Layer]],
    spacing_mm: Spacing,
    seeds: Sequence[int],
    scanner: MrScanner | None = None,
) -> Tensor:
    """Images (B, z, y, x) without physics: every kind of matter and of lesion has a random
    intensity (SynthSeg's prior, Billot et al., 2023).

    Args:
        label_ids: source ids (B, z, y, x), integer.
        layers: the lesions of each item.

    Raises:
        ValueError: an id that the head key does not name, or not one seed per item.
    """
    painted = []
    for ids, lesions, draw in zip(label_ids, layers, _draws(label_ids, seeds), strict=True):
        codes = torch.from_numpy(labels.encode(ids.cpu().numpy()))
        image = paint(draw, codes, free_contrast(draw)).clamp_min(0)
        levels: dict[str, float] = {}
        for layer in lesions:
            level = levels.setdefault(layer.kind, draw.uniform(0, 1))
            image = image + torch.from_numpy(layer.share) * (level - image)
        painted.append(image)
    ideal = torch.stack(painted).to(label_ids.device)
    return received(ideal, spacing_mm, [seed + 1 for seed in seeds], scanner or MrScanner())


def ct_image(
    maps: TissueMaps,
    spacing_mm: Spacing,
    seeds: Sequence[int],
    scanner: CtScanner | None = None,
) -> Tensor:
    """CT numbers, float32 (B, z, y, x) in HU, cut to -1024..3071.

    Raises:
        ValueError: not one seed per item.
    """
    scanner = scanner or CtScanner()
    draws = _draws(maps.hounsfield, seeds)
    shape = maps.hounsfield.shape[1:]
    image = gaussian_blur(maps.hounsfield, _psf(scanner.psf_mm, spacing_mm))
    white = _each(draws, image, lambda d: d.normals(*shape))
    # Reconstructed noise is correlated over about two voxels.
    grain = gaussian_blur(white, (0.7, 0.7, 0.7))
    grain = grain / grain.std(dim=(1, 2, 3), keepdim=True)
    noisy = image + scanner.noise_hu(math.prod(spacing_mm)) * grain
    return noisy.clamp(-1024, 3071)


def slices(
    volume: Tensor, spacing_mm: Spacing, *, thickness_mm: float, gap_mm: float = 0.0
) -> tuple[Tensor, float]:
    """Thick slices along z: each is the mean over its box profile.

    Returns:
        (B, slices, y, x), and the z in mm of the first slice's centre from that of the first voxel;
        slices lie ``thickness_mm + gap_mm`` apart.

    Raises:
        ValueError: slices thinner than the voxels, or thicker than the volume.
    """
    step, size = spacing_mm[0], volume.shape[1]
    pitch = thickness_mm + gap_mm
    count = int((size * step - thickness_mm) / pitch + 1e-6) + 1
    if thickness_mm < step or count < 1 or thickness_mm > size * step:
        raise ValueError("slices must be thicker than the voxels and fit into the volume")
    covered = (count - 1) * pitch + thickness_mm
    start = (size * step - covered) / 2  # from the volume's lower face
    low = start + torch.arange(count, device=volume.device)[:, None] * pitch
    face = torch.arange(size, device=volume.device)[None] * step
    overlap = torch.minimum(low + thickness_mm, face + step) - torch.maximum(low, face)
    weight = overlap.clamp_min(0).to(volume.dtype) / thickness_mm
    return torch.einsum("sz,bzyx->bsyx", weight, volume), start + (thickness_mm - step) / 2


def _psf(width_mm: float, spacing_mm: Spacing) -> tuple[float, float, float]:
    z, y, x = (width_mm / _FWHM / step for step in spacing_mm)
    return z, y, x


def _draws(batch: Tensor, seeds: Sequence[int]) -> list[Draw]:
    if len(seeds) != batch.shape[0]:
        raise ValueError(f"{len(seeds)} seeds for {batch.shape[0]} items")
    return [Draw(seed) for seed in seeds]


def _each(draws: Sequence[Draw], like: Tensor, make: Callable[[Draw], Tensor]) -> Tensor:
    return torch.stack([make(draw) for draw in draws]).to(like.device)
