"""The head segmenter with tiny random weights: shapes, folding, checkpoints, whole-image use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ml.models.head_unet import weights
from ml.models.head_unet.modeling import fold, unfold
from ml.models.head_unet.plausible import plausible
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.pipelines.segment_head.fixture import phantom, tiny_model
from ml.simulate import labels


def test_folding_and_unfolding_is_the_identity() -> None:
    volume = torch.rand(2, 3, 4, 6, 8)
    assert torch.equal(unfold(fold(volume)), volume)


def test_output_has_the_size_of_the_input_and_parts_agree_with_the_whole() -> None:
    model = tiny_model()
    image = torch.rand(1, 1, 16, 24, 16)
    with torch.inference_mode():
        whole = model(image)
        features = model.trunk(fold(image))
        part = model.logits_at(features, 5)  # sub-voxel z 1, y 0, x 1
    assert whole.shape == (1, model.config.outputs, 16, 24, 16)
    assert torch.allclose(whole[:, :, 1::2, 0::2, 1::2], part, atol=1e-5)


def test_checkpoint_round_trip_and_refused_digest(tmp_path: Path) -> None:
    model = tiny_model()
    path = tmp_path / "tiny.safetensors"
    digest = weights.save(model, path)
    loaded = weights.load(path, digest=digest)
    assert loaded.config == model.config
    for a, b in zip(model.parameters(), loaded.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-3)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(weights.WeightsDigestError):
        weights.load(path, digest=digest)


@pytest.mark.parametrize("window", [None, (16, 16, 16)])
def test_segmenting_a_phantom_of_odd_size(window: tuple[int, int, int] | None) -> None:
    image = phantom().array[:-3, :-1, :]
    result = HeadSegmenter(tiny_model(), backend="torch").segment(image, window=window)
    assert result.tissue.shape == result.is_left.shape == image.shape
    assert result.tissue.max() < len(labels.TISSUES)
    assert 0 < result.confidence.min() <= result.confidence.max() <= 1


def test_openvino_and_torch_agree() -> None:
    pytest.importorskip("openvino")
    image = phantom().array
    ours = HeadSegmenter(tiny_model(), backend="torch").segment(image)
    theirs = HeadSegmenter(tiny_model(), backend="openvino").segment(image)
    assert (ours.tissue == theirs.tissue).mean() > 0.97


def test_an_image_that_is_not_finite_is_refused() -> None:
    broken = phantom().array.copy()
    broken[3, 3, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        HeadSegmenter(tiny_model(), backend="torch").segment(broken)


def test_an_island_of_hippocampus_takes_the_label_around_it() -> None:
    white = labels.tissue_index("cerebral white matter")
    hippocampus = labels.tissue_index("hippocampus")
    tissue = np.zeros((30, 30, 30), dtype=np.uint8)
    tissue[4:26, 4:26, 4:26] = white
    tissue[6:12, 6:12, 6:12] = hippocampus
    tissue[20:22, 20:22, 20:22] = hippocampus
    cleaned, changed = plausible(tissue, np.ones(tissue.shape, dtype=bool))
    assert (cleaned[20:22, 20:22, 20:22] == white).all()
    assert (cleaned[6:12, 6:12, 6:12] == hippocampus).all()
    assert 0 < changed < 0.01
