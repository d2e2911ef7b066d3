"""Training views: random pairs of random patients, mirrored, rescanned and noisy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ml.models.followup.state import condition, normalised
from ml.training.followup.pairs import Case, triples

# In units of the signed distance: half a millimetre, as a reader of the base errs.
_BORDER_NOISE = 0.06
# What the reader sees of a head in one step.
VIEW = (64, 80, 64)


@dataclass(frozen=True, slots=True)
class Views:
    """``planes`` (B, CONDITION_PLANES, z, y, x), ``scalars`` (B, n), ``base`` and ``residual``
    (B, 4, z, y, x): the state at the base as the network sees it, and what the truth adds to it;
    ``brain`` (B, 1, z, y, x)."""

    planes: Tensor
    scalars: Tensor
    base: Tensor
    residual: Tensor
    brain: Tensor


class PairStream:
    """Draws views; each step from the seed and its own number, so that a resumed run goes on with
    what the stopped one would have seen."""

    def __init__(self, cases: list[Case], *, seed: int, noise: float) -> None:
        self.cases, self.seed, self.noise = cases, seed, noise
        self.triples = [list(triples(case)) for case in cases]

    def draw(self, step: int, batch: int) -> Views:
        rng = np.random.default_rng([self.seed, step])
        rows = [self._view(rng) for _ in range(batch)]
        planes, scalars, base, residual, brain = (torch.stack(r) for r in zip(*rows, strict=True))
        return Views(planes, scalars, base, residual, brain)

    def _view(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        number = int(rng.integers(len(self.cases)))
        case = self.cases[number]
        found = self.triples[number]
        # Half of all views have no prior, as most predictions in practice.
        wanted = rng.random() < 0.5
        fitting = [t for t in found if (t.prior is not None) == wanted] or found
        chosen = fitting[int(rng.integers(len(fitting)))]
        question = chosen.question(case)
        base, follow = case.state(chosen.base), case.state(chosen.follow)
        brain = case.brain(chosen.base)
        prior = None if chosen.prior is None else case.state(chosen.prior)[1]
        residual = follow - base
        gain, slope = float(rng.uniform(0.9, 1.1)), float(rng.uniform(-0.25, 0.25))
        residual[0] = _toned(follow[0], gain, slope) - _toned(base[0], gain, slope)
        seen = base.clone()
        seen[0] = _toned(base[0], gain, slope)
        seen[0] += (
            self.noise
            * float(rng.random())
            * torch.from_numpy(rng.standard_normal(brain.shape, dtype=np.float32))
        )
        offset = _BORDER_NOISE * float(rng.standard_normal())
        seen[1:3] += offset
        residual[1:3] -= offset
        planes = condition(seen, brain, prior, question)
        stack = [planes, seen, residual, brain[None]]
        for axis in (1, 2, 3):
            if rng.random() < 0.5:
                stack = [tensor.flip(axis) for tensor in stack]
        return stack[0], question.scalars(), stack[1], stack[2], stack[3]


def _toned(image: Tensor, gain: float, slope: float) -> Tensor:
    """Another scanner's brightness and contrast; normal brain (1) moves by the gain alone."""
    return gain * image.clamp_min(1e-3).pow(1 + slope)


class HeadStream:
    """Whole heads at 2 mm for the reader: image (B, 1, z, y, x) and shares (B, 4, z, y, x) of
    brain, visible tumour, core and ventricle."""

    def __init__(self, files: list[Path], *, seed: int) -> None:
        self.files, self.seed = files, seed
        self.kept: dict[Path, tuple[Tensor, Tensor]] = {}

    def draw(self, step: int, batch: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng([self.seed, step])
        rows = [self._view(rng) for _ in range(batch)]
        images, shares = (torch.stack(r) for r in zip(*rows, strict=True))
        return images, shares

    def _view(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        path = self.files[int(rng.integers(len(self.files)))]
        if path not in self.kept:
            self.kept[path] = _heads(path)
        images, masks = self.kept[path]
        which = int(rng.integers(len(images)))
        image, shares = images[which][None].float(), masks[which].float() / 255
        if rng.random() < 0.25:  # images whose skull was taken away
            image = image * (shares[:1] > 0.5)
        image, shares = _shifted(rng, normalised(image), shares)
        return rescanned(rng, image), shares


def _heads(path: Path) -> tuple[Tensor, Tensor]:
    with np.load(path, allow_pickle=False) as stored:
        image = torch.from_numpy(stored["head_image"])
        brain = torch.from_numpy((stored["head_tissue"] > 0).astype(np.uint8) * 255)
        rest = [torch.from_numpy(stored[f"head_{key}"]) for key in ("visible", "core", "ventricle")]
    return image, torch.stack([brain, *rest], dim=1)


def _shifted(rng: np.random.Generator, image: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """A box of ``VIEW`` voxels somewhere in the head, turned by some degrees, scaled and maybe
    mirrored; zero beyond the edge."""
    angles = np.deg2rad(rng.uniform(-12, 12, 3))
    turn = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = [i for i in range(3) if i != axis]
        one = np.eye(3)
        one[a, a] = one[b, b] = np.cos(angle)
        one[a, b], one[b, a] = -np.sin(angle), np.sin(angle)
        turn = turn @ one
    turn = turn * rng.uniform(0.85, 1.15)
    turn[:, 0] *= rng.choice((-1.0, 1.0))
    size = np.array(image.shape[:0:-1], dtype=np.float64)  # x, y, z
    matrix = np.diag(1 / size) @ turn @ np.diag(np.array(VIEW[::-1], dtype=np.float64))
    shift = rng.uniform(-0.45, 0.45, 3)
    theta = torch.from_numpy(np.concatenate([matrix, shift[:, None]], axis=1)).float()
    both = torch.cat([image, shares])
    grid = functional.affine_grid(theta[None], [1, len(both), *VIEW], align_corners=False)
    moved = functional.grid_sample(both[None], grid, align_corners=False)[0]
    return moved[:1], moved[1:]


def rescanned(rng: np.random.Generator, image: Tensor) -> Tensor:
    """Another scan of the same view (1, z, y, x): brightness, contrast, shading and noise."""
    nodes = torch.from_numpy(rng.standard_normal((1, 1, 4, 4, 4), dtype=np.float32))
    shading = functional.interpolate(nodes, size=image.shape[1:], mode="trilinear")[0]
    out = image.clamp_min(0).pow(float(np.exp(rng.uniform(-0.35, 0.35))))
    out = out * torch.exp(0.12 * shading) * float(rng.uniform(0.85, 1.15))
    noise = torch.from_numpy(rng.standard_normal(image.shape, dtype=np.float32))
    return (out + float(rng.uniform(0.005, 0.08)) * noise).abs().clamp_max(4)
