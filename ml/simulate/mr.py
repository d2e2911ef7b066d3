"""MR signal equations: magnitude per tissue from T1, T2, proton density and protocol.

All functions take tensors (tissues,) of T1 and T2 in ms and proton density, protocol times in ms
and flip angles in degrees, and return the signal magnitude (tissues,), unscaled. Sources:
Bernstein, King, Zhou, *Handbook of MRI Pulse Sequences* (2004), ch. 14 and 16; Marques et al.,
NeuroImage 49:1271 (2010) for the steady state of a magnetisation-prepared gradient echo train.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def spin_echo(
    t1: Tensor, t2: Tensor, pd: Tensor, *, repetition_ms: float, echo_ms: float
) -> Tensor:
    """Spin echo (and turbo spin echo at its effective echo time)."""
    return pd * (1 - torch.exp(-repetition_ms / t1)) * torch.exp(-echo_ms / t2)


def flair(
    t1: Tensor,
    t2: Tensor,
    pd: Tensor,
    *,
    repetition_ms: float,
    inversion_ms: float,
    echo_ms: float,
) -> Tensor:
    """Inversion recovery spin echo; with a long inversion time fluid is nulled."""
    recovered = 1 - 2 * torch.exp(-inversion_ms / t1) + torch.exp(-repetition_ms / t1)
    return pd * recovered.abs() * torch.exp(-echo_ms / t2)


def spoiled_gradient_echo(
    t1: Tensor,
    t2_star: Tensor,
    pd: Tensor,
    *,
    repetition_ms: float,
    echo_ms: float,
    flip_degrees: float,
) -> Tensor:
    """Ernst's steady state of a spoiled gradient echo."""
    alpha = math.radians(flip_degrees)
    e1 = torch.exp(-repetition_ms / t1)
    steady = math.sin(alpha) * (1 - e1) / (1 - math.cos(alpha) * e1)
    return pd * steady * torch.exp(-echo_ms / t2_star)


def mprage(
    t1: Tensor,
    t2_star: Tensor,
    pd: Tensor,
    *,
    repetition_ms: float,
    inversion_ms: float,
    echo_spacing_ms: float,
    echo_ms: float,
    flip_degrees: float,
    train_length: int = 176,
    inversion_efficiency: float = 0.96,
) -> Tensor:
    """Magnetisation-prepared rapid gradient echo at the centre of k-space.

    ``inversion_ms`` runs from the inversion to the middle of the echo train. The longitudinal
    magnetisation follows an affine map over one cycle (inversion, recovery, train, recovery); its
    fixed point is the steady state.

    Raises:
        ValueError: the echo train does not fit between inversion and the next repetition.
    """
    half = train_length // 2
    before_ms = inversion_ms - half * echo_spacing_ms
    after_ms = repetition_ms - inversion_ms - (train_length - half) * echo_spacing_ms
    if before_ms < 0 or after_ms < 0:
        raise ValueError("echo train does not fit between inversion and the next repetition")
    alpha = math.radians(flip_degrees)
    e1 = torch.exp(-echo_spacing_ms / t1)
    cos_e1 = math.cos(alpha) * e1

    def pulses(count: int) -> tuple[Tensor, Tensor]:
        gain = cos_e1**count
        return gain, (1 - e1) * (1 - gain) / (1 - cos_e1)

    def recovery(duration_ms: float) -> tuple[Tensor, Tensor]:
        gain = torch.exp(-duration_ms / t1)
        return gain, 1 - gain

    inversion = (torch.full_like(t1, -inversion_efficiency), torch.zeros_like(t1))
    to_centre = (inversion, recovery(before_ms), pulses(half))
    gain, offset = torch.ones_like(t1), torch.zeros_like(t1)
    for step in (*to_centre, pulses(train_length - half), recovery(after_ms)):
        gain, offset = step[0] * gain, step[0] * offset + step[1]
    magnetisation = offset / (1 - gain)
    for step in to_centre:
        magnetisation = step[0] * magnetisation + step[1]
    return pd * math.sin(alpha) * magnetisation.abs() * torch.exp(-echo_ms / t2_star)
