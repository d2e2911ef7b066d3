"""The gate: how its limit is set, what its file keeps, and what the shipped one holds back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.dicom.read import read_volume
from ml.imaging.volume import Volume
from ml.models.input_gate import gate as gates
from ml.models.input_gate.distance import usual
from ml.models.input_gate.features import GROUPS
from ml.models.input_gate.gate import FALSE_ALARMS, InputGate, calibrated
from ml.models.input_gate.judges import JUDGES
from ml.models.input_gate.picture import FAULTS
from ml.models.input_gate.planes import PlaneNet
from ml.models.input_gate.sight import Sight, look
from ml.models.input_gate.view import ViewNet
from ml.simulate.draw import Draw
from ml.training.input_gate import shifts
from ml.training.input_gate.fitting import fit_picture

CHECKPOINT = Path(gates.__file__).parent / "checkpoints" / "head_mr.safetensors"
WORDS = {*GROUPS.values(), *JUDGES.values()}
SHAPE = (30, 34, 32)


def sight(seed: int, away: float = 0.0) -> Sight:
    """Made-up features, and no picture worth looking at."""
    random = np.random.default_rng(seed)
    features = {f"size/{name}": float(random.normal(away, 1.0)) for name in "abcd"}
    coarse, planes = (random.random((n, 6, 6), dtype=np.float32) for n in (6, 2))
    return Sight(features=features, coarse=coarse, planes=planes)


@pytest.fixture(scope="module")
def tiny() -> InputGate:
    torch.manual_seed(0)  # the networks start at random
    rows = [sight(seed).features for seed in range(60)]
    faulty = {fault: [sight(seed, 1.0).features for seed in range(60)] for fault in FAULTS}
    gate = InputGate(
        usual=usual(rows, list(rows[0])),
        view_net=ViewNet(width=4).eval(),
        plane_net=PlaneNet(width=4).eval(),
        picture=fit_picture(rows, faulty),
    )
    return calibrated(gate, [sight(seed) for seed in range(1000, 1100)])


@pytest.fixture(scope="module")
def shipped() -> InputGate:
    return gates.load(CHECKPOINT)


def ball(scale: float = 1.0, noise: float = 0.02) -> Volume:
    """A bright ball of some 70 mm with a dark middle, at 4 mm."""
    random = np.random.default_rng(5)
    z, y, x = np.indices(SHAPE, dtype=np.float32)
    away = np.sqrt((z - 15) ** 2 + (y - 17) ** 2 + (x - 16) ** 2)
    image = 1.0 * (away < 9) - 0.6 * (away < 3) + noise * random.normal(size=SHAPE)
    return Volume(
        array=np.abs(scale * image).astype(np.float32), affine=np.diag([4.0, 4.0, 4.0, 1.0])
    )


def test_one_in_a_hundred_of_the_images_it_was_set_on_is_held_back(tiny: InputGate) -> None:
    """However many judges there are."""
    verdicts = [tiny.judge(sight(seed)) for seed in range(1000, 1100)]
    assert sum(not verdict.accepted for verdict in verdicts) == round(100 * FALSE_ALARMS) - 1
    assert max(verdict.score for verdict in verdicts) == pytest.approx(1.0)
    assert all(not verdict.reasons for verdict in verdicts if verdict.accepted)


def test_other_usual_images_pass_and_far_ones_are_held_back_with_words(tiny: InputGate) -> None:
    others = [tiny.judge(sight(seed)) for seed in range(5000, 5100)]
    # One in a hundred is aimed at; eight by chance would be rarer than one in a thousand.
    assert sum(not verdict.accepted for verdict in others) < 8
    far = tiny.judge(sight(1, away=30.0))
    assert far.score > 1
    assert far.reasons
    assert set(far.reasons) <= WORDS


def test_too_few_images_make_no_gate(tiny: InputGate) -> None:
    with pytest.raises(ValueError, match="too few"):
        calibrated(tiny, [sight(seed) for seed in range(20)])
    with pytest.raises(ValueError, match="too few"):
        usual([sight(1).features], ["size/a", "size/b"])


def test_a_gate_survives_its_file(tiny: InputGate, tmp_path: Path) -> None:
    gates.save(tiny, tmp_path / "gate.safetensors")
    again = gates.load(tmp_path / "gate.safetensors")
    for seed in range(3):
        assert again.judge(sight(seed)).score == pytest.approx(
            tiny.judge(sight(seed)).score, rel=1e-2
        )
    assert again.limit == tiny.limit


def test_intensity_has_no_unit_and_the_grid_no_meaning(shipped: InputGate) -> None:
    """An image in another unit, or stored with its axes in another order, scores the same."""
    image = ball()
    turned = Volume(
        array=np.ascontiguousarray(image.array.transpose(2, 1, 0)),
        affine=image.affine[:, [2, 1, 0, 3]],
    )
    expected = shipped.check(image).score
    assert shipped.check(ball(scale=731.0)).score == pytest.approx(expected, rel=1e-3)
    assert shipped.check(turned).score == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "image",
    [ball(), ball(noise=0.4), ball().like(ball().array * 2000 - 1000)],
    ids=["ball", "noisy", "below zero as CT"],
)
def test_what_is_no_head_is_held_back_with_words(shipped: InputGate, image: Volume) -> None:
    verdict = shipped.check(image)
    assert verdict.score > 1
    assert verdict.reasons
    assert set(verdict.reasons) <= WORDS


def test_a_single_slice_can_be_judged(shipped: InputGate) -> None:
    image = ball()
    assert shipped.check(Volume(array=image.array[15:16], affine=image.affine)).score > 1


def test_nothing_to_judge_is_an_error(shipped: InputGate) -> None:
    empty = np.zeros(SHAPE, np.float32)
    with pytest.raises(ValueError, match="no signal"):
        shipped.check(ball().like(empty))
    with pytest.raises(ValueError, match="finite"):
        shipped.check(ball().like(empty + np.nan))


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["head-mr/stroke_T1.nii.gz", "ms-longitudinal/patient12/study1_T2W.nii.gz"]
)
def test_a_real_head_passes_and_its_faults_do_not(
    shipped: InputGate, realdata: Path, name: str
) -> None:
    """A skull-stripped and a thick-sliced head."""
    head = read_volume(realdata / name, "nifti")
    assert shipped.check(head).accepted
    for change, word in (
        (partial(shifts.noise, 0.35), "noise"),
        (partial(shifts.flipped, 0), "the way the head lies (turned, or upside down)"),
    ):
        verdict = shipped.check(change(Draw(1), head))
        assert not verdict.accepted
        assert word in verdict.reasons


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["body/example_mr_sm.nii.gz", "body/totalseg_example_ct_3mm.nii.gz"]
)
def test_another_body_part_is_held_back(shipped: InputGate, realdata: Path, name: str) -> None:
    assert not shipped.check(read_volume(realdata / name, "nifti")).accepted


def test_sights_of_an_image_are_finite_and_in_one_order() -> None:
    first, second = look(ball()), look(ball(noise=0.3))
    assert list(first.features) == list(second.features)
    assert np.isfinite(list(second.features.values())).all()
    # 30 x 34 x 32 voxels of 4 mm, halved from 2 mm.
    assert first.coarse.shape == SHAPE
