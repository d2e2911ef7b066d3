"""What the head segmenter expects of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.models.head_unet import weights
from ml.models.head_unet.quality import FEATURES, features, label_ids, load_quality
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.pipelines.segment_head.fixture import phantom, tiny_model
from ml.training.segment_head.export import with_quality
from ml.training.segment_head.quality import Outcomes, fit, measure
from tests.ml.pipelines.segment_head.known import head, scores_of

WHITE = label_ids().index(2)
ACCUMBENS = label_ids().index(26)
SIZE = len(label_ids()), len(FEATURES)


def made_up(seed: int, people: int = 4, scans: int = 30) -> Outcomes:
    """Scans whose Dice follows the first feature, with some noise."""
    random = np.random.default_rng(seed)
    raw = random.normal(size=(people * scans, *SIZE))
    raw[:, :, 1] = 0.5
    dice = 1 / (1 + np.exp(-(0.5 + raw[:, :, 0] + 0.1 * random.normal(size=raw.shape[:2]))))
    dice[3, WHITE] = np.nan  # not there in one of the scans
    return Outcomes(raw=raw, dice=dice, person=np.repeat(np.arange(people), scans))


USUAL = np.tile([0.0, 1.0], (SIZE[0], 1))


def test_a_sure_segmentation_agrees_with_itself_and_an_unsure_one_less() -> None:
    scores = scores_of(head())
    found, sure = features(scores, 0.0)
    scores.probability.mul_(0.6)
    _, unsure = features(scores, 0.0)
    assert found[WHITE]
    assert sure[WHITE, 0] > unsure[WHITE, 0]
    assert sure[WHITE, 1] == pytest.approx(1.0)
    assert unsure[WHITE, 1] == pytest.approx(0.6)


def test_what_decides_dice_is_learnt_and_beats_the_mean() -> None:
    seen, new = made_up(1), made_up(2)
    figures = measure(fit(seen, USUAL), seen, new)
    mean, plain = "mean absolute error of Dice", "the same of the structure's mean"
    assert figures[mean] < 0.3 * figures[plain]
    assert figures["correlation within structures"] > 0.9
    assert figures["area under the curve for Dice below 0.6"] > 0.95
    assert figures["share within the 80 % interval"] == pytest.approx(0.8, abs=0.05)


def test_it_lies_in_the_checkpoint_beside_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    before = weights.save(tiny_model(), path, notes={"step": "7"})
    assert load_quality(path) is None
    learnt = fit(made_up(3), USUAL)
    digest = with_quality(path, learnt, {"structures": 31})
    again = load_quality(path)
    assert digest == weights.digest_of_file(path) != before
    assert again is not None
    assert np.array_equal(again.weights, learnt.weights)
    assert weights.notes_of(path)["step"] == "7"
    segmenter = HeadSegmenter(weights.load(path), quality=again, backend="torch")
    quality = segmenter.segment(phantom()).quality
    assert set(quality) == set(label_ids())
    assert all(0 <= dice <= 1 for dice in quality.values())


def test_of_a_structure_that_was_not_found_nothing_is_expected() -> None:
    truth = head()
    assert not (truth.array == 26).any()
    quality = fit(made_up(4), USUAL).foretell(scores_of(truth), 0.0)
    assert quality[label_ids()[ACCUMBENS]] == 0.0
    assert quality[2] > 0
