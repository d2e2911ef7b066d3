"""Synthetic CT: quantiles, intervals that hold, what is usual, the runtime and the flow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ml.imaging.volume import Volume
from ml.models.synthetic_ct import usual, weights
from ml.models.synthetic_ct.calibration import Calibration, Held, calibrate, coverage, tissue_of
from ml.models.synthetic_ct.config import PlaneUNetConfig
from ml.models.synthetic_ct.intensity import normalise, to_hu
from ml.models.synthetic_ct.modeling import PlaneUNet, quantiles
from ml.models.synthetic_ct.sampling import flowing
from ml.models.synthetic_ct.synthesiser import Synthesiser, neighbours, opened
from ml.models.synthetic_ct.weights import Checkpoint
from ml.pipelines.synthetic_ct.fixture import limb

TINY = PlaneUNetConfig(channels=(8, 16))


def tiny(config: PlaneUNetConfig = TINY, seed: int = 0) -> PlaneUNet:
    torch.manual_seed(seed)
    return PlaneUNet(config).eval()


def patient(seed: int, *, scale: float = 40.0, claimed: float = 20.0) -> Held:
    """Soft tissue and fat whose errors are twice what the quantiles claim."""
    draw = np.random.default_rng(seed)
    middle = np.repeat(np.array([-100.0, 40.0], dtype=np.float32), 4000)
    truth = (middle + scale * draw.standard_normal(8000)).astype(np.float32)
    return Held(truth=truth, lower=middle - claimed, middle=middle, upper=middle + claimed)


def test_quantiles_never_cross() -> None:
    raw = torch.randn(2, 3, 8, 8)
    lower, middle, upper = quantiles(raw).unbind(dim=1)
    assert (lower < middle).all()
    assert (middle < upper).all()


def test_the_network_keeps_size_and_refuses_a_layout_that_cannot_be() -> None:
    assert tiny()(torch.zeros(1, 5, 32, 48)).shape == (1, 3, 32, 48)
    with pytest.raises(ValueError, match="offsets"):
        PlaneUNetConfig(offsets=(1, 2))
    with pytest.raises(ValueError, match="multiples"):
        PlaneUNetConfig(channels=(9, 16))


def test_calibrated_intervals_cover_a_new_patient() -> None:
    known = [patient(seed) for seed in range(20)]
    margins = calibrate(known)
    found = coverage(patient(99), margins)
    assert found["soft tissue"] == pytest.approx(0.9, abs=0.06)
    before = coverage(patient(99), Calibration(margins=(0.0,) * 5, patients=0))
    assert before["all"] < 0.5


def test_a_network_that_is_too_careful_gets_narrower_intervals() -> None:
    margins = calibrate([patient(seed, scale=10, claimed=100) for seed in range(20)]).margins
    assert margins[2] < -50


def test_few_patients_give_wider_margins_than_many_and_none_is_an_error() -> None:
    many = calibrate([patient(seed) for seed in range(40)]).margins[2]
    few = calibrate([patient(seed) for seed in range(12)]).margins[2]
    assert few >= many
    with pytest.raises(ValueError, match="patients"):
        calibrate([])


def test_an_interval_never_leaves_its_middle() -> None:
    middle = np.array([0.0, 1000.0], dtype=np.float32)
    tight = Calibration(margins=(-500.0,) * 5, patients=1)
    lower, upper = tight.widened(middle - 10, middle, middle + 10)
    assert np.array_equal(lower, middle)
    assert np.array_equal(upper, middle)


def test_tissues_are_told_apart_by_predicted_hu() -> None:
    assert tissue_of(np.array([-900, -100, 40, 300, 1200.0], dtype=np.float32)).tolist() == [
        0, 1, 2, 3, 4,
    ]  # fmt: skip


def test_intensities_have_one_scale_whatever_the_scanner() -> None:
    mr, _ = limb()
    body = mr.array > 20
    once, twice = normalise(mr.array, body), normalise(3.0 * mr.array, body)
    assert np.allclose(once, twice, atol=1e-5)
    assert 0.9 < float(np.percentile(once[body], 95)) < 1.1
    with pytest.raises(ValueError, match="no body"):
        normalise(mr.array, np.zeros_like(body))
    assert to_hu(np.array([-5.0, 0.05, 9.0])).tolist() == [-1024.0, 50.0, 3071.0]


def test_usual_images_pass_and_others_are_named() -> None:
    draw = np.random.default_rng(1)
    rows = [1 + 0.1 * draw.standard_normal(10) for _ in range(12)]
    known = usual.learn(rows)
    assert known.check(1 + 0.05 * draw.standard_normal(10)).score < 1
    strange = np.ones(10)
    strange[3] = 4.0
    verdict = known.check(strange)
    assert verdict.score > 1
    assert verdict.reasons[0] == usual.NAMES[3]
    assert usual.Usual.from_dict(known.as_dict()).check(strange) == verdict
    with pytest.raises(ValueError, match="four"):
        usual.learn(rows[:3])


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    model = tiny()
    kept = Checkpoint(
        model=model,
        calibration=Calibration(margins=(1.0, 2.0, 3.0, 4.0, 5.0), patients=7),
        usual=usual.learn([np.arange(10.0) + i for i in range(5)]),
    )
    first = weights.save(kept, tmp_path / "a.safetensors", notes={"step": "1"})
    assert weights.save(kept, tmp_path / "b.safetensors", notes={"step": "1"}) == first
    again = weights.load(tmp_path / "a.safetensors")
    assert again.calibration == kept.calibration
    assert again.usual == kept.usual
    planes = torch.rand(1, 5, 16, 16)
    assert torch.allclose(again.model(planes), model(planes), atol=5e-3)


def test_openvino_and_torch_agree() -> None:
    model = tiny()
    planes = torch.rand(3, 5, 32, 24)
    with torch.inference_mode():
        expected = model(planes)
    assert torch.allclose(opened(model)(planes), expected, atol=0.05, rtol=0.03)


def test_neighbours_of_the_first_slice_are_itself() -> None:
    planes = torch.arange(4.0)[:, None, None].expand(4, 2, 2)
    assert neighbours(planes, [0, 3], (-1, 0, 1))[:, :, 0, 0].tolist() == [[0, 0, 1], [2, 3, 3]]


def test_a_flow_of_right_velocity_arrives() -> None:
    """With the velocity towards a known image, Euler steps end on it."""
    target = torch.full((1, 1, 4, 4), 0.5)

    def run(seen: torch.Tensor) -> torch.Tensor:
        state, time = seen[:, 1:2], seen[:, 2:3]
        return (target - state) / (1 - time)

    *_, made = flowing(run, torch.zeros(1, 1, 4, 4), noise=1.0, seed=3)
    assert torch.allclose(made, target, atol=1e-5)


def test_pieces_show_a_preview_first_and_give_the_grid_back() -> None:
    mr, _ = limb(shape=(30, 64, 60))
    turned = np.ascontiguousarray(mr.array[::-1])
    affine = mr.affine.copy()
    affine[:3, 3] += affine[:3, 2] * 29
    affine[:3, 2] *= -1
    flipped = Volume(array=turned, affine=affine)
    synthesiser = Synthesiser(Checkpoint(model=tiny()))
    parts = []
    work = synthesiser.pieces(flipped)
    try:
        while True:
            parts.append(next(work))
    except StopIteration as end:
        result = end.value
    assert parts[0].fraction < 0.15
    assert np.isfinite(parts[0].preview.array).all()
    assert parts[-1].fraction == 1
    assert np.allclose(result.middle.affine, flipped.affine)
    assert (result.lower.array <= result.middle.array).all()
    upright = synthesiser.run(mr)
    assert np.allclose(result.middle.array[::-1], upright.middle.array, atol=1.0)
    assert (result.middle.array[~result.body] == -1000).all()
