"""Signal equations against Bloch simulators: our own of the tests, and ``blochsim``.

``mrzerocore`` is under the AGPL and therefore not used.
"""

from __future__ import annotations

from typing import Any

import blochsim
import pytest
import torch

from ml.simulate import mr
from ml.simulate.protocols import PROTOCOLS
from ml.simulate.tissue import TissueMaps
from tests.ml.simulate import bloch

# White matter, cortex, fluid, fat: T1, T2 in ms.
TISSUES = [(830.0, 80.0), (1330.0, 100.0), (4000.0, 1500.0), (370.0, 75.0)]


def _tensors(t1: float, t2: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return tuple(torch.tensor([v], dtype=torch.float64) for v in (t1, t2, 1.0))  # type: ignore[return-value]


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
@pytest.mark.parametrize(("repetition", "flip"), [(18.0, 25.0), (8.0, 15.0), (30.0, 30.0)])
def test_spoiled_gradient_echo(t1: float, t2: float, repetition: float, flip: float) -> None:
    settings: dict[str, Any] = {"repetition_ms": repetition, "echo_ms": 3.0, "flip_degrees": flip}
    ours = mr.spoiled_gradient_echo(*_tensors(t1, t2), **settings).item()
    assert ours == pytest.approx(bloch.spoiled_gradient_echo(t1, t2, **settings), rel=0.001)
    if t2 < 200:  # fluid is never spoiled by a real sequence with so short a repetition
        real = bloch.spoiled_gradient_echo(t1, t2, **settings, ideal=False)
        assert ours == pytest.approx(real, rel=0.06)


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
@pytest.mark.parametrize(
    ("repetition", "spacing", "length", "echo"),
    [(550.0, 12.0, 1, 1), (4000.0, 90.0, 1, 1), (5000.0, 10.0, 18, 10), (3500.0, 10.0, 6, 2)],
)
def test_spin_and_turbo_spin_echo(
    t1: float, t2: float, repetition: float, spacing: float, length: int, echo: int
) -> None:
    expected = bloch.echo_train(
        t1, t2, repetition_ms=repetition, echo_spacing_ms=spacing, train_length=length, echo=echo
    )
    exact = mr.turbo_spin_echo(
        *_tensors(t1, t2), repetition_ms=repetition, echo_ms=echo * spacing,
        echo_spacing_ms=spacing, train_length=length,
    )  # fmt: skip
    assert exact.item() == pytest.approx(expected, rel=0.005)
    simple = mr.spin_echo(*_tensors(t1, t2), repetition_ms=repetition, echo_ms=echo * spacing)
    # The short form neglects the time of the train against T1.
    assert simple.item() == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
def test_inversion_recovery(t1: float, t2: float) -> None:
    settings: dict[str, Any] = {"repetition_ms": 9000.0, "inversion_ms": 2500.0}
    expected = bloch.echo_train(
        t1,
        t2,
        echo_spacing_ms=10.0,
        train_length=24,
        echo=12,
        **settings,
    )
    exact = mr.turbo_spin_echo(
        *_tensors(t1, t2), echo_ms=120.0, echo_spacing_ms=10.0, train_length=24,
        **settings,
    )  # fmt: skip
    # Fluid is nearly nulled: there only the difference, in units of full magnetisation, counts.
    assert exact.item() == pytest.approx(expected, rel=0.01, abs=0.002)
    simple = mr.flair(*_tensors(t1, t2), echo_ms=120.0, **settings)
    assert simple.item() == pytest.approx(expected, rel=0.03, abs=0.03)


@pytest.mark.parametrize(("t1", "t2"), [TISSUES[0], TISSUES[1], TISSUES[3]])
def test_mprage(t1: float, t2: float) -> None:
    settings: dict[str, Any] = {
        "repetition_ms": 2300.0, "inversion_ms": 900.0, "echo_spacing_ms": 7.0, "echo_ms": 3.0,
        "flip_degrees": 9.0, "train_length": 176, "inversion_efficiency": 0.96,
    }  # fmt: skip
    ours = mr.mprage(*_tensors(t1, t2), **settings).item()
    assert ours == pytest.approx(bloch.mprage(t1, t2, **settings), rel=0.001)
    real = bloch.mprage(t1, t2, **settings, ideal=False)
    assert ours == pytest.approx(real, rel=0.06)


def test_trains_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        mr.turbo_spin_echo(
            *_tensors(1000, 100), repetition_ms=100, echo_ms=50, echo_spacing_ms=10, train_length=20
        )
    with pytest.raises(ValueError, match="does not fit"):
        mr.turbo_spin_echo(
            *_tensors(1000, 100), repetition_ms=900, echo_ms=90, echo_spacing_ms=10, train_length=4
        )


def test_protocols_give_white_matter_one_and_the_known_order() -> None:
    white, cortex, fluid = (
        TissueMaps(*(torch.full((1, 1, 1, 1), float(v)) for v in values))
        for values in ((830, 80, 0.7, 29), (1330, 100, 0.82, 37), (4000, 1500, 1.0, 8))
    )
    for name, protocol in PROTOCOLS.items():
        w, c, f = (protocol.signal(maps).item() for maps in (white, cortex, fluid))
        assert w == pytest.approx(1.0, rel=1e-5)
        if name.startswith("T1w"):
            assert w > c > f
        elif name.startswith("T2w"):
            assert f > c > w
        elif name == "FLAIR":
            assert c > w > f


def test_fast_spin_echo_agrees_with_blochsim() -> None:
    t1, t2 = (torch.tensor([t[i] for t in TISSUES[:2]], dtype=torch.float64) for i in (0, 1))
    echoes = blochsim.fse_sim(flip=[180.0] * 18, ESP=10.0, T1=t1, T2=t2, TR=5000.0)
    ours = mr.turbo_spin_echo(
        t1, t2, torch.ones_like(t1), repetition_ms=5000, echo_ms=100, echo_spacing_ms=10,
        train_length=18,
    )  # fmt: skip
    assert torch.allclose(echoes[..., 9].abs().to(ours.dtype), ours, rtol=0.01)


def test_gradient_echo_agrees_with_blochsim() -> None:
    t1, t2 = (torch.tensor([t[i] for t in TISSUES], dtype=torch.float64) for i in (0, 1))
    signal = blochsim.spgr_sim(flip=25.0, TE=5.0, TR=18.0, T1=t1, T2star=t2)
    ours = mr.spoiled_gradient_echo(
        t1, t2, torch.ones_like(t1), repetition_ms=18, echo_ms=5, flip_degrees=25
    )
    assert torch.allclose(signal.abs().reshape(-1).to(ours.dtype), ours, rtol=0.01)


def test_mprage_from_rest_agrees_with_blochsim() -> None:
    t1 = torch.tensor([t[0] for t in TISSUES], dtype=torch.float64)
    signal = blochsim.mprage_sim(
        TI=900.0, flip=9.0, TRspgr=7.0, nshots=(88, 88), T1=t1, inv_efficiency=0.96
    )
    ours = mr.mprage(
        t1, torch.full_like(t1, 1e9), torch.ones_like(t1), repetition_ms=1e6, inversion_ms=900,
        echo_spacing_ms=7, echo_ms=0.0, flip_degrees=9,
    )  # fmt: skip
    assert torch.allclose(signal.abs().reshape(-1).to(ours.dtype), ours, rtol=0.02)
