"""MR protocols by name: a signal equation, its settings, and what DICOM calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ml.simulate import mr
from ml.simulate.matter import MATTER, matter_index
from ml.simulate.tissue import T2_STAR_SHARE, TissueMaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """``equation`` is one of ``ml.simulate.mr`` and ``settings`` are its keywords; gradient echoes
    decay by T2*."""

    name: str
    equation: Callable[..., Tensor]
    settings: Mapping[str, float]
    scanning_sequence: str
    sequence_variant: str

    @property
    def gradient_echo(self) -> bool:
        return "GR" in self.scanning_sequence

    def signal(self, maps: TissueMaps) -> Tensor:
        """Signal (B, z, y, x); white matter of the table is 1."""
        return maps.moved(self._of_tissue) / self._white_matter()

    def _of_tissue(self, maps: TissueMaps) -> Tensor:
        t2 = maps.t2_star_ms if self.gradient_echo else maps.t2_ms
        signal: Tensor = self.equation(maps.t1_ms, t2, maps.proton_density, **self.settings)
        return signal

    def _white_matter(self) -> float:
        white = MATTER[matter_index("white matter")]
        t2 = white.t2_ms * (T2_STAR_SHARE if self.gradient_echo else 1.0)
        values = (torch.tensor([v]) for v in (white.t1_ms, t2, white.proton_density))
        return float(self.equation(*values, **self.settings))


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="T1w MPRAGE",
            equation=mr.mprage,
            settings={
                "repetition_ms": 2300, "inversion_ms": 900, "echo_spacing_ms": 7, "echo_ms": 3,
                "flip_degrees": 9,
            },
            scanning_sequence="GR\\IR",
            sequence_variant="MP\\SP",
        ),
        Protocol(
            name="T1w GRE",
            equation=mr.spoiled_gradient_echo,
            settings={"repetition_ms": 18, "echo_ms": 5, "flip_degrees": 25},
            scanning_sequence="GR",
            sequence_variant="SP",
        ),
        Protocol(
            name="T1w SE",
            equation=mr.turbo_spin_echo,
            settings={
                "repetition_ms": 550, "echo_ms": 12, "echo_spacing_ms": 12, "train_length": 1,
            },
            scanning_sequence="SE",
            sequence_variant="NONE",
        ),
        Protocol(
            name="T2w TSE",
            equation=mr.turbo_spin_echo,
            settings={
                "repetition_ms": 5000, "echo_ms": 100, "echo_spacing_ms": 10, "train_length": 18,
            },
            scanning_sequence="SE",
            sequence_variant="SK",
        ),
        Protocol(
            name="PDw TSE",
            equation=mr.turbo_spin_echo,
            settings={
                "repetition_ms": 3500, "echo_ms": 20, "echo_spacing_ms": 10, "train_length": 6,
            },
            scanning_sequence="SE",
            sequence_variant="SK",
        ),
        Protocol(
            name="FLAIR",
            equation=mr.turbo_spin_echo,
            settings={
                "repetition_ms": 9000, "echo_ms": 120, "echo_spacing_ms": 10, "train_length": 24,
                "inversion_ms": 2500,
            },
            scanning_sequence="SE\\IR",
            sequence_variant="SK",
        ),
    )
}  # fmt: skip
