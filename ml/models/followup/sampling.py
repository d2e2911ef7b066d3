"""Residuals drawn from a family: one for a regression, several for a VAE or a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ml.models.followup.config import LATENT, STATE

# Spread of a flow's noise per channel of the state: of its mean over the crop, and of its slow
# variation. The speed of a tumour is one number that no voxel knows alone: noise that is
# independent from voxel to voxel would average out of it.
_GLOBAL = (0.05, 0.6, 0.5, 0.02)
_SLOW = (0.08, 0.2, 0.2, 0.03)
_NODES = 4

Network = Callable[[Tensor, Tensor], Tensor]


def smooth_noise(count: int, shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Noise (count, 4, z, y, x) that a flow starts from."""
    level = torch.randn(count, len(STATE), 1, 1, 1, generator=generator)
    nodes = torch.randn(count, len(STATE), _NODES, _NODES, _NODES, generator=generator)
    slow = functional.interpolate(nodes, size=list(shape), mode="trilinear", align_corners=True)
    scale = torch.tensor([_GLOBAL, _SLOW])[:, None, :, None, None, None]
    return level * scale[0] + slow * scale[1]


def flow_samples(
    network: Network,
    planes: Tensor,
    scalars: Tensor,
    *,
    count: int,
    steps: int,
    seed: int,
    batched: bool = True,
) -> Iterator[Tensor]:
    """Residuals (count, 4, z, y, x) after each of ``steps`` Euler steps: what the network holds
    the end to be, seen from there. The last is the result.

    Args:
        network: (B, planes + 4, z, y, x), (B, scalars + 1) -> (B, 4, z, y, x).
        planes, scalars: the condition, (planes, z, y, x) and (n,).
        batched: all samples go through the network together, else one by one.
    """
    state = smooth_noise(count, planes.shape[1:], torch.Generator().manual_seed(seed))
    for step in range(steps):
        time = step / steps
        ends = _together(
            network,
            torch.cat([planes.expand(count, *planes.shape), state], dim=1),
            torch.cat([scalars, torch.tensor([time])]).expand(count, -1),
            batched=batched,
        )
        state = state + (ends - state) / (steps - step)
        yield ends


def vae_samples(
    network: Network,
    planes: Tensor,
    scalars: Tensor,
    *,
    count: int,
    steps: int,
    seed: int,
    batched: bool = True,
) -> Iterator[Tensor]:
    """Residuals (n, 4, z, y, x) from latents of the prior, in at most ``steps`` portions: those so
    far after each, all ``count`` at the end. How many portions there are changes no sample."""
    latents = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))
    made: list[Tensor] = []
    for some in latents.tensor_split(min(steps, count)):
        made.append(
            _together(
                network,
                planes.expand(len(some), *planes.shape),
                torch.cat([scalars.expand(len(some), -1), some], dim=1),
                batched=batched,
            )
        )
        yield torch.cat(made)


def _together(network: Network, planes: Tensor, scalars: Tensor, *, batched: bool) -> Tensor:
    if batched:
        return network(planes, scalars)
    return torch.cat([network(planes[i : i + 1], scalars[i : i + 1]) for i in range(len(planes))])
