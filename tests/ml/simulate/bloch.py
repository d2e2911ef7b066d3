"""A Bloch simulator to judge signal equations by: isochromats turned by pulses and carried through
time by the matrix exponential of the Bloch equations. It shares nothing with ``ml.simulate``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm


class Spins:
    """Isochromats across a voxel, in equilibrium. ``magnetisation`` (spins, 4): x, y, z, 1."""

    def __init__(self, t1_ms: float, t2_ms: float, count: int = 64) -> None:
        self.t1_ms, self.t2_ms, self.count = t1_ms, t2_ms, count
        self.magnetisation = np.tile([0.0, 0.0, 1.0, 1.0], (count, 1))
        self._carried: dict[tuple[float, int], NDArray[np.float64]] = {}

    def pulse(self, degrees: float, phase_degrees: float = 0.0) -> None:
        """A hard pulse about an axis in the transverse plane."""
        angle, phase = math.radians(degrees), math.radians(phase_degrees)
        ux, uy = math.cos(phase), math.sin(phase)
        cross = np.array([[0, 0, uy], [0, 0, -ux], [-uy, ux, 0]])
        turn = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
        self.magnetisation[:, :3] = self.magnetisation[:, :3] @ turn.T

    def wait(self, ms: float, cycles: int = 0) -> None:
        """Free precession and relaxation, with a gradient that winds ``cycles`` turns across the
        voxel."""
        if (ms, cycles) not in self._carried:
            self._carried[ms, cycles] = np.stack(
                [self._step(ms, cycles, s) for s in range(self.count)]
            )
        step = self._carried[ms, cycles]
        self.magnetisation = np.einsum("sij,sj->si", step, self.magnetisation)

    def spoil(self) -> None:
        """Ideal spoiling: no transverse magnetisation is left."""
        self.magnetisation[:, :2] = 0.0

    def signal(self) -> complex:
        """Transverse magnetisation of the voxel."""
        x, y = self.magnetisation[:, 0].mean(), self.magnetisation[:, 1].mean()
        return complex(x, y)

    def _step(self, ms: float, cycles: int, spin: int) -> NDArray[np.float64]:
        turn = 2 * math.pi * cycles * spin / self.count / ms if ms else 0.0
        r1, r2 = 1 / self.t1_ms, 1 / self.t2_ms
        generator = np.array([[-r2, turn, 0, 0], [-turn, -r2, 0, 0], [0, 0, -r1, r1], [0, 0, 0, 0]])
        result: NDArray[np.float64] = expm(generator * ms)
        return result


def spoiled_gradient_echo(
    t1_ms: float,
    t2_ms: float,
    *,
    repetition_ms: float,
    echo_ms: float,
    flip_degrees: float,
    ideal: bool = True,
) -> float:
    """Steady state, spoiled ideally or as scanners do, by a gradient and an RF phase of 117 degrees
    (Zur et al., MRM 21:251, 1991)."""
    spins = Spins(t1_ms, t2_ms)
    heard: list[float] = []
    for repetition in range(math.ceil(6 * t1_ms / repetition_ms)):
        phase = 117.0 * repetition * (repetition + 1) / 2
        spins.pulse(flip_degrees, phase % 360)
        spins.wait(echo_ms)
        heard.append(abs(spins.signal()))
        spins.wait(repetition_ms - echo_ms, cycles=1)
        if ideal:
            spins.spoil()
    return float(np.mean(heard[-40:]))


def echo_train(
    t1_ms: float,
    t2_ms: float,
    *,
    repetition_ms: float,
    echo_spacing_ms: float,
    train_length: int,
    echo: int,
    inversion_ms: float | None = None,
) -> float:
    """Magnitude of one echo (from 1) of a CPMG train in the steady state, crushed around every
    refocusing pulse and spoiled after the train."""
    spins = Spins(t1_ms, t2_ms)
    heard = 0.0
    rest_ms = repetition_ms - train_length * echo_spacing_ms - (inversion_ms or 0.0)
    for _ in range(6):
        if inversion_ms is not None:
            spins.pulse(180)
            spins.wait(inversion_ms, cycles=5)
        spins.pulse(90)
        for number in range(1, train_length + 1):
            spins.wait(echo_spacing_ms / 2, cycles=1)
            spins.pulse(180, 90)
            spins.wait(echo_spacing_ms / 2, cycles=1)
            if number == echo:
                heard = abs(spins.signal())
        spins.spoil()
        spins.wait(rest_ms)
    return heard


def mprage(
    t1_ms: float,
    t2_ms: float,
    *,
    repetition_ms: float,
    inversion_ms: float,
    echo_spacing_ms: float,
    echo_ms: float,
    flip_degrees: float,
    train_length: int,
    inversion_efficiency: float,
    ideal: bool = True,
) -> float:
    """Magnitude of the echo in the middle of the train, in the steady state."""
    spins = Spins(t1_ms, t2_ms)
    heard = 0.0
    half = train_length // 2
    pulse_number = 0
    for _ in range(5):
        spins.pulse(math.degrees(math.acos(-inversion_efficiency)))
        spins.wait(inversion_ms - half * echo_spacing_ms, cycles=7)
        for number in range(train_length):
            pulse_number += 1
            spins.pulse(flip_degrees, (117.0 * pulse_number * (pulse_number + 1) / 2) % 360)
            spins.wait(echo_ms)
            if number == half:
                heard = abs(spins.signal())
            spins.wait(echo_spacing_ms - echo_ms, cycles=1)
            if ideal:
                spins.spoil()
        spins.wait(
            repetition_ms - inversion_ms - (train_length - half) * echo_spacing_ms, cycles=13
        )
    return heard
