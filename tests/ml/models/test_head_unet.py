"""The head segmenter with tiny random weights: shapes, folding, checkpoints, scores on a grid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.head_unet import weights
from ml.models.head_unet.modeling import fold, unfold
from ml.models.head_unet.plausible import plausible
from ml.models.head_unet.scores import HeadScores, on_grid
from ml.models.head_unet.segmenter import HeadSegmenter, occupied
from ml.pipelines.segment_head.fixture import phantom, phantom_labels, tiny_model
from ml.simulate import labels

WHITE = labels.tissue_index("cerebral white matter")
HIPPOCAMPUS = labels.tissue_index("hippocampus")


def certain(tissue: NDArray[np.uint8], is_left: NDArray[np.bool_]) -> HeadScores:
    """Scores at 1.5 mm that are sure of a segmentation."""
    kinds = torch.from_numpy(tissue).long()
    return HeadScores(
        probability=torch.nn.functional.one_hot(kinds, len(labels.TISSUES))
        .permute(3, 0, 1, 2)
        .float()
        .contiguous(),
        left=torch.from_numpy(is_left.astype(np.float32)),
        affine=np.diag([1.5, 1.5, 1.5, 1.0]),
    )


def placed(scores: HeadScores, reference: Volume) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    parts = list(on_grid(scores, reference))
    return np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts])


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


def test_scores_are_the_softmax_of_the_whole_output() -> None:
    model = tiny_model()
    head = torch.rand(16, 24, 16)
    scores = HeadSegmenter(model, backend="torch").scores(head, np.eye(4))
    with torch.inference_mode():
        logits = model(head[None, None])[0]
    expected = torch.softmax(logits[:-1], dim=0)
    assert torch.allclose(scores.probability, expected, atol=0.03)  # bfloat16 in the trunk
    assert torch.allclose(scores.left, torch.sigmoid(logits[-1]), atol=0.03)


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


def test_segmenting_a_phantom_of_odd_size() -> None:
    whole = phantom()
    image = Volume(array=whole.array[:-3, :-1, :], affine=whole.affine)
    result = HeadSegmenter(tiny_model(), backend="torch").segment(image)
    assert result.tissue.shape == result.is_left.shape == image.shape
    assert result.tissue.max() < len(labels.TISSUES)


def test_openvino_and_torch_agree() -> None:
    pytest.importorskip("openvino")
    head = torch.from_numpy(phantom().array / 1000)
    ours = HeadSegmenter(tiny_model(), backend="torch").scores(head, np.eye(4))
    theirs = HeadSegmenter(tiny_model(), backend="openvino").scores(head, np.eye(4))
    assert float((ours.probability - theirs.probability).abs().max()) < 0.05
    assert float((ours.left - theirs.left).abs().max()) < 0.05


def test_an_image_that_is_not_finite_is_refused() -> None:
    broken = phantom()
    broken.array[3, 3, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        HeadSegmenter(tiny_model(), backend="torch").segment(broken)


def test_scores_go_back_to_the_voxels_they_came_from() -> None:
    random = np.random.default_rng(1)
    tissue = random.integers(0, len(labels.TISSUES), (7, 8, 9)).astype(np.uint8)
    is_left = random.random((7, 8, 9)) > 0.5
    scores = certain(tissue, is_left)
    kinds, sides = placed(scores, Volume(array=tissue, affine=scores.affine))
    lateral = np.array([t.lateral for t in labels.TISSUES])[tissue]
    assert np.array_equal(kinds, tissue)
    assert np.array_equal(sides, is_left & lateral)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
def test_labels_land_in_their_place_whatever_the_axes_of_the_scan(
    axes: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    ids = phantom_labels()
    tissue = labels.code_to_tissue()[labels.encode(ids)]
    x = np.broadcast_to(np.arange(ids.shape[2]) >= ids.shape[2] // 2, ids.shape)
    scores = certain(tissue, x.copy())
    affine = np.eye(4)
    affine[:3, :3] = np.diag([1.5 * s for s in signs])[:, list(axes)]
    shape = [0, 0, 0]
    for column, body in enumerate(axes):
        size = ids.shape[2 - body]
        shape[2 - column] = size
        if signs[body] < 0:
            affine[body, 3] = 1.5 * (size - 1)
    scan = Volume(array=np.zeros(shape, np.uint8), affine=affine)
    kinds, sides = placed(scores, scan)
    turned = canonical(scan.like(labels.combine(kinds, sides)), (1.5, 1.5, 1.5)).array
    assert np.array_equal(turned, labels.combine(tissue, x))


def test_beyond_the_models_grid_lies_background() -> None:
    scores = certain(np.full((6, 6, 6), WHITE, np.uint8), np.ones((6, 6, 6), bool))
    affine = np.eye(4)
    affine[:3, 3] = -20
    kinds, sides = placed(scores, Volume(array=np.zeros((60, 60, 60), np.uint8), affine=affine))
    assert kinds[24, 24, 24] == WHITE
    assert sides[24, 24, 24]
    outside = np.ones(kinds.shape, bool)
    outside[19:30, 19:30, 19:30] = False
    assert not kinds[outside].any()


def test_an_island_of_hippocampus_takes_the_label_around_it() -> None:
    tissue = np.zeros((30, 30, 30), dtype=np.uint8)
    tissue[4:26, 4:26, 4:26] = WHITE
    tissue[6:12, 6:12, 6:12] = HIPPOCAMPUS
    tissue[20:22, 20:22, 20:22] = HIPPOCAMPUS
    scores = certain(tissue, np.ones(tissue.shape, dtype=bool))
    scores.probability[WHITE] += 0.1  # the next likeliest
    cleaned, changed = plausible(scores)
    best = cleaned.best()
    assert (best[20:22, 20:22, 20:22] == WHITE).all()
    assert (best[6:12, 6:12, 6:12] == HIPPOCAMPUS).all()
    assert 0 < changed < 0.01


def test_an_island_of_the_other_side_is_turned_over() -> None:
    tissue = np.full((20, 20, 20), WHITE, dtype=np.uint8)
    is_left = np.broadcast_to(np.arange(20) >= 10, tissue.shape).copy()
    is_left[4:10, 4:10, 1:7] = True
    cleaned, _ = plausible(certain(tissue, is_left))
    sides = cleaned.left.numpy() > 0.5
    assert not sides[:, :, :9].any()
    assert sides[:, :, 11:].all()


def test_a_body_is_cut_to_its_head() -> None:
    scaled = np.zeros((400, 120, 120), np.float32)
    scaled[:350, 20:100, 20:100] = 1.0
    z, y, x = occupied(scaled)
    assert z.stop == 354
    assert z.stop - z.start == 180
    assert (y.start, y.stop, x.start, x.stop) == (16, 104, 16, 104)


def test_openvino_neither_calls_home_nor_starts_processes() -> None:
    """What it would send is sent by forks of the process that holds the models."""
    program = (
        "import psutil, sys\n"
        "from ml.models.head_unet.backend import open_trunk\n"
        "from ml.pipelines.segment_head.fixture import tiny_model\n"
        "open_trunk(tiny_model(), backend='openvino')\n"
        "print(len(psutil.Process().children()), sys.modules['openvino_telemetry'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "None"]
