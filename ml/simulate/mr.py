"""MR signal equations: magnitude per tissue from T1, T2, proton density and protocol.

All functions take tensors of one shape (a value per tissue, or maps) of T1 and T2 in ms and proton
density, protocol times in ms and flip angles in degrees, and return the signal magnitude of that
shape, unscaled. Sources:
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
    """Spin echo (and turbo spin echo at its effective echo time), for echo times far below T1."""
    return pd * (1 - torch.exp(-repetition_ms / t1)) * torch.exp(-echo_ms / t2)


def turbo_spin_echo(
    t1: Tensor,
    t2: Tensor,
    pd: Tensor,
    *,
    repetition_ms: float,
    echo_ms: float,
    echo_spacing_ms: float,
    train_length: int,
    inversion_ms: float | None = None,
) -> Tensor:
    """A train of ideal refocusing pulses, exactly: spin echo (``train_length`` 1 and
    ``echo_spacing_ms`` equal to ``echo_ms``), TSE, and with ``inversion_ms`` (from inversion to
    excitation) inversion recovery and FLAIR. Transverse magnetisation is spoiled after the train.

    Raises:
        ValueError: the times do not fit into the repetition.
    """
    after_ms = repetition_ms - (inversion_ms or 0.0) - train_length * echo_spacing_ms
    if after_ms < 0 or not 0 < echo_ms <= train_length * echo_spacing_ms:
        raise ValueError("the echo train does not fit into the repetition")
    # From excitation on, longitudinal magnetisation starts at 0 and every refocusing inverts it.
    gap = torch.exp(-echo_spacing_ms / 2 / t1)
    longitudinal = torch.zeros_like(t1)
    for _ in range(train_length):
        longitudinal = 1 - (1 - longitudinal) * gap
        longitudinal = 1 - (1 + longitudinal) * gap
    longitudinal = 1 - (1 - longitudinal) * torch.exp(-after_ms / t1)
    if inversion_ms is not None:
        longitudinal = 1 - (1 + longitudinal) * torch.exp(-inversion_ms / t1)
    return pd * longitudinal.abs() * torch.exp(-echo_ms / t2)


def flair(
    t1: Tensor,
    t2: Tensor,
    pd: Tensor,
    *,
    repetition_ms: float,
    inversion_ms: float,
    echo_ms: float,
) -> Tensor:
    """Inversion recovery spin echo, for echo times far below T1; with a long inversion time fluid
    is nulled."""
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
