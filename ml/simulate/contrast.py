"""Mean and spread of intensity per kind of matter: physical MR contrasts and free ones.

Every function returns ``Contrast``: tensors (matter,) of means and standard deviations in
arbitrary units, non-negative, indexed as ``ml.simulate.matter.MATTER``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ml.simulate import mr
from ml.simulate.draw import Draw
from ml.simulate.matter import MATTER, matter_column, matter_index


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean and standard deviation of intensity per kind of matter, and the weighting's name."""

    name: str
    mean: Tensor
    sd: Tensor


def nominal_tissue() -> tuple[Tensor, Tensor, Tensor]:
    """T1 (ms), T2 (ms) and proton density of the table, each (matter,) float32."""
    columns = [torch.from_numpy(matter_column(c)) for c in ("t1_ms", "t2_ms", "proton_density")]
    return columns[0], columns[1], columns[2]


def _subject_tissue(draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """The table spread over field strengths (1.5 to 3 T shortens T1 by up to 40 %) and people."""
    t1, t2, pd = nominal_tissue()
    count = len(MATTER)
    t1 = t1 * draw.uniform(0.62, 1.08) * torch.exp(0.06 * draw.normals(count))
    t2 = t2 * draw.uniform(0.85, 1.15) * torch.exp(0.08 * draw.normals(count))
    pd = pd * torch.exp(0.03 * draw.normals(count))
    return t1, t2, pd


def _t1_weighted(draw: Draw, tissue: tuple[Tensor, Tensor, Tensor]) -> tuple[str, Tensor]:
    t1, t2, pd = tissue
    kind = draw.uniform(0, 1)
    if kind < 0.6:
        return "mprage", mr.mprage(
            t1, t2 * 0.7, pd,
            repetition_ms=draw.uniform(1900, 2600), inversion_ms=draw.uniform(780, 1100),
            echo_spacing_ms=draw.uniform(6, 8.5), echo_ms=draw.uniform(2, 4.5),
            flip_degrees=draw.uniform(7, 12), train_length=160,
        )  # fmt: skip
    if kind < 0.85:
        return "t1 gradient echo", mr.spoiled_gradient_echo(
            t1, t2 * 0.7, pd, repetition_ms=draw.uniform(8, 30), echo_ms=draw.uniform(2, 8),
            flip_degrees=draw.uniform(15, 35),
        )  # fmt: skip
    return "t1 spin echo", mr.spin_echo(
        t1, t2, pd, repetition_ms=draw.uniform(400, 750), echo_ms=draw.uniform(8, 20)
    )


def _other_weighted(draw: Draw, tissue: tuple[Tensor, Tensor, Tensor]) -> tuple[str, Tensor]:
    t1, t2, pd = tissue
    kind = draw.uniform(0, 1)
    if kind < 0.45:
        return "t2", mr.spin_echo(
            t1, t2, pd, repetition_ms=draw.uniform(3000, 7000), echo_ms=draw.uniform(70, 130)
        )
    if kind < 0.75:
        return "flair", mr.flair(
            t1, t2, pd, repetition_ms=draw.uniform(7000, 11000),
            inversion_ms=draw.uniform(2000, 2700), echo_ms=draw.uniform(80, 150),
        )  # fmt: skip
    return "pd", mr.spin_echo(
        t1, t2, pd, repetition_ms=draw.uniform(2000, 5000), echo_ms=draw.uniform(10, 35)
    )


def _flow_and_suppression(draw: Draw, mean: Tensor) -> Tensor:
    """Fat suppression, inflow or flow void in vessels, and signal of the air's surroundings."""
    mean = mean.clone()
    if draw.chance(0.25):
        suppressed = [matter_index("fat"), matter_index("spongy bone")]
        mean[suppressed] *= draw.uniform(0.1, 0.5)
    for vessel in ("artery", "venous blood"):
        mean[matter_index(vessel)] *= draw.uniform(0.0, 2.5)
    for variable in ("skin", "mucosa", "spongy bone", "choroid plexus"):
        mean[matter_index(variable)] *= draw.uniform(0.6, 1.5)
    return mean


def physical_contrast(draw: Draw, *, t1_share: float) -> Contrast:
    """A contrast from the signal equations with a random protocol and subject; ``t1_share`` is the
    share of T1-weighted ones, the others are T2, FLAIR and PD."""
    tissue = _subject_tissue(draw)
    weighted = _t1_weighted if draw.chance(t1_share) else _other_weighted
    name, mean = weighted(draw, tissue)
    mean = _flow_and_suppression(draw, mean)
    sd = mean * draw.uniforms(0.02, 0.09, len(MATTER))
    return Contrast(name=name, mean=mean, sd=sd)


def free_contrast(draw: Draw) -> Contrast:
    """A contrast without physics: every mean and spread uniform (SynthSeg's prior, Billot 2023)."""
    mean = draw.uniforms(0, 1, len(MATTER))
    sd = draw.uniforms(0.005, 0.1, len(MATTER))
    air = matter_index("air")
    mean[air] = 0.0 if draw.chance(0.6) else draw.uniform(0, 0.3)
    sd[air] = 0.0 if draw.chance(0.5) else draw.uniform(0, 0.05)
    return Contrast(name="free", mean=mean, sd=sd)
