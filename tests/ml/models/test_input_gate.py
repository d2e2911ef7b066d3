"""The gate on made-up images: balls are usual, whatever is no ball is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.imaging.volume import Volume
from ml.models.input_gate import gate as gates
from ml.models.input_gate.features import GROUPS, measure
from ml.models.input_gate.gate import FALSE_ALARMS, InputGate

SHAPE = (30, 34, 32)


def ball(seed: int, *, stretch: float = 1.0, noise: float = 0.02) -> Volume:
    """A bright ball of some 70 mm with a dark middle, at 4 mm."""
    random = np.random.default_rng(seed)
    z, y, x = np.indices(SHAPE, dtype=np.float32)
    middle = np.array(SHAPE) / 2 + random.uniform(-1, 1, 3)
    away = np.sqrt(((z - middle[0]) / stretch) ** 2 + (y - middle[1]) ** 2 + (x - middle[2]) ** 2)
    image = 1.0 * (away < random.uniform(8.5, 9.5)) - 0.6 * (away < 3)
    image = np.abs(image + noise * random.normal(size=SHAPE))
    return Volume(array=image.astype(np.float32), affine=np.diag([4.0, 4.0, 4.0, 1.0]))


@pytest.fixture(scope="module")
def gate() -> InputGate:
    rows = [measure(ball(seed)) for seed in range(120)]
    return gates.fit(rows, [measure(ball(seed)) for seed in range(1000, 1100)])


def test_usual_images_pass(gate: InputGate) -> None:
    verdicts = [gate.check(ball(seed)) for seed in range(5000, 5040)]
    refused = sum(not verdict.accepted for verdict in verdicts)
    # One in a hundred is aimed at; of forty, three by chance would be rare.
    assert refused <= 3
    assert all(not verdict.reasons for verdict in verdicts if verdict.accepted)


@pytest.mark.parametrize(
    "other",
    [
        ball(1, stretch=1.6),
        ball(1, noise=0.4),
        Volume(array=ball(1).array, affine=np.diag([4.0, 4.0, 7.0, 1.0])),
        Volume(array=ball(1).array[12:], affine=ball(1).affine),
        Volume(array=ball(1).array * 2000 - 1000, affine=ball(1).affine),
    ],
    ids=["stretched", "noisy", "wrong spacing", "cut off", "below zero as CT"],
)
def test_unusual_images_are_held_back_with_words(gate: InputGate, other: Volume) -> None:
    verdict = gate.check(other)
    assert verdict.score > 1
    assert not verdict.accepted
    assert verdict.reasons
    assert set(verdict.reasons) <= set(GROUPS.values())


def test_intensity_has_no_unit_and_the_grid_no_meaning(gate: InputGate) -> None:
    """An image in another unit, or stored with its axes in another order, scores the same."""
    image = ball(3)
    turned = Volume(
        array=np.ascontiguousarray(image.array.transpose(2, 1, 0)),
        affine=image.affine[:, [2, 1, 0, 3]],
    )
    expected = gate.check(image).score
    assert gate.check(image.like(image.array * 731)).score == pytest.approx(expected, rel=1e-3)
    assert gate.check(turned).score == pytest.approx(expected, rel=1e-3)


def test_a_gate_survives_its_file(gate: InputGate, tmp_path: Path) -> None:
    gates.save(gate, tmp_path / "gate.safetensors")
    again = gates.load(tmp_path / "gate.safetensors")
    assert again.check(ball(9)).score == pytest.approx(gate.check(ball(9)).score, rel=1e-5)
    assert again.limit == gate.limit


def test_nothing_to_judge_is_an_error(gate: InputGate) -> None:
    empty = np.zeros(SHAPE, np.float32)
    with pytest.raises(ValueError, match="no signal"):
        gate.check(ball(1).like(empty))
    with pytest.raises(ValueError, match="finite"):
        gate.check(ball(1).like(empty + np.nan))


def test_too_few_images_make_no_gate() -> None:
    rows = [measure(ball(seed)) for seed in range(5)]
    with pytest.raises(ValueError, match="too few"):
        gates.fit(rows, rows * round(1 / FALSE_ALARMS))
