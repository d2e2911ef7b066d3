"""Features react to damage; figures of sets react to blur, noise, wrong anatomy and copies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.metrics.mmd import compute_mmd
from scipy import ndimage, stats
from skimage.feature import graycomatrix, graycoprops

from ml.evaluation.case import ImagePair
from ml.evaluation.distribution import (
    diversity,
    frechet_distance,
    kernel_distance,
    novelty,
    precision,
    recall,
    vendi,
)
from ml.evaluation.encoder import head_features, perceptual_distance
from ml.evaluation.features import ENCODER, RADIOMICS, features_of
from ml.evaluation.frozen import Frozen
from ml.evaluation.intervals import Array
from ml.evaluation.masks import body_mask
from ml.evaluation.radiomics import cooccurrence, first_order, radiomics, radiomics_distance
from ml.evaluation.sets import Samples, halves, set_figure
from ml.imaging.volume import Volume
from ml.models.head_unet.weights import save
from ml.pipelines.segment_head.fixture import tiny_model
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.render import t1w

RNG = np.random.default_rng(7)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    """Whatever order the tests run in."""
    RNG.bit_generator.state = START


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    path = tmp_path_factory.mktemp("network") / "tiny.safetensors"
    save(tiny_model(), path)
    return Frozen(path)


@pytest.fixture(scope="module")
def heads() -> list[Volume]:
    """Small heads of several sizes, a few dozen voxels each."""
    found = []
    for seed in range(6):
        size = 1.6 + 0.06 * seed
        labels = ellipsoid_head((40, 42, 36), (5.0, 5.0, 5.0 + 0.1 * seed))
        image = t1w(labels.array, seed)
        found.append(Volume(array=image, affine=np.diag([size, size, size, 1.0])))
    return found


def blurred(image: Volume, sigma: float) -> Volume:
    return image.like(ndimage.gaussian_filter(image.array, sigma))


def noisy(image: Volume, sd: float) -> Volume:
    noise = np.random.default_rng(0).normal(0, sd, image.shape)
    return image.like((image.array + noise).astype(np.float32))


def swapped(image: Volume, share: float) -> Volume:
    """Wrong anatomy: the front of the head is the back of it."""
    array = image.array.copy()
    rows = round(share * array.shape[1])
    array[:, :rows] = array[:, ::-1][:, :rows]
    array[:, :, : rows // 2] = np.roll(array, 5, axis=0)[:, :, : rows // 2]
    return image.like(array)


@pytest.mark.parametrize(
    ("damage", "steps"),
    [(blurred, (0.5, 1.0, 2.0)), (noisy, (0.05, 0.1, 0.2)), (swapped, (0.1, 0.25, 0.45))],
    ids=["blur", "noise", "wrong anatomy"],
)
def test_distances_of_pairs_grow_with_damage(heads, frozen, damage, steps) -> None:  # type: ignore[no-untyped-def]
    head = heads[0]
    far = [perceptual_distance(damage(head, much), head, frozen) for much in steps]
    assert 0 < far[0] < far[1] < far[2]
    assert perceptual_distance(head, head, frozen) == 0
    mask = body_mask(head.array, hounsfield=False)
    own = radiomics(head.array, mask, (0.0, 1.2))
    texture = [
        radiomics_distance(radiomics(damage(head, much).array, mask, (0.0, 1.2)), own)
        for much in steps
    ]
    assert 0 < texture[0] < texture[2] <= 1
    assert radiomics_distance(own, own) == 0


def test_features_are_the_same_every_time_and_named_by_digest(heads, frozen) -> None:  # type: ignore[no-untyped-def]
    first, again = head_features(heads[0], frozen), head_features(heads[0], Frozen(frozen.path))
    assert first.shape == (8, 32)
    np.testing.assert_allclose(first, again, rtol=1e-5)
    assert len(frozen.named["sha256"]) == 64


@pytest.mark.parametrize(
    ("damage", "steps"),
    [(blurred, (0.5, 1.5)), (noisy, (0.05, 0.2)), (swapped, (0.1, 0.45))],
    ids=["blur", "noise", "wrong anatomy"],
)
def test_figures_of_sets_grow_with_damage(heads, frozen, damage, steps) -> None:  # type: ignore[no-untyped-def]
    def samples(much: float) -> Samples:
        found = Samples()
        for number, head in enumerate(heads[:4]):
            mask = body_mask(head.array, hounsfield=False)
            pair = ImagePair(pred=head, ref=head, mask=mask, value_range=(0, 2))
            shown = damage(head, much) if much else head
            found.add(f"s{number}", features_of(shown, pair, frozen))
        return found

    ref, mild, strong = (samples(much) for much in (0, *steps))
    for name, space in (("fid", ENCODER.name), ("kid", ENCODER.name), ("fid", RADIOMICS.name)):
        figures = [set_figure(name, space, found, ref) for found in (ref, mild, strong)]
        assert figures[0] < figures[1] < figures[2], (name, space)


def test_halves_share_no_subject() -> None:
    samples = Samples()
    for subject in "abcab":
        samples.add(subject, {"radiomics": np.zeros((1, 3))})
    first, second = halves(samples)
    assert set(first.subjects()) == {"a", "c"}
    assert set(second.subjects()) == {"b"}


def test_frechet_distance_of_known_normals() -> None:
    """|shift|² + Σ(σ₁ - σ₂)², for normal distributions along the axes."""
    a = RNG.normal(0, 1, (4000, 3)) * [1, 2, 3] + [1, 0, 0]
    b = RNG.normal(0, 1, (4000, 3)) * [1, 1, 1]
    assert frechet_distance(a, b) == pytest.approx(1 + 1 + 4, rel=0.1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_agrees_with_monai() -> None:
    from monai.metrics.fid import get_fid_score

    a, b = RNG.normal(0, 1, (60, 5)), RNG.normal(0.3, 1.5, (50, 5))
    with pytest.warns(DeprecationWarning, match="disp"):
        expected = float(get_fid_score(torch.from_numpy(a), torch.from_numpy(b)))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_kernel_distance_is_the_unbiased_discrepancy_of_monai() -> None:
    """MONAI's kernel is linear; the cubic one is the linear one of all products up to third order,
    so their estimators are held together on the explicit features of one dimension."""
    a, b = RNG.normal(0, 1, (30, 1)), RNG.normal(0.5, 1, (30, 1))

    def explicit(x: Array) -> torch.Tensor:
        return torch.from_numpy(np.hstack([x**3, np.sqrt(3) * x**2, np.sqrt(3) * x, x**0]))

    assert kernel_distance(a, b) == pytest.approx(
        float(compute_mmd(explicit(b), explicit(a), None))
    )
    same = [kernel_distance(*RNG.normal(0, 1, (2, 40, 4))) for _ in range(30)]
    assert abs(np.mean(same)) < 0.1 < kernel_distance(a + 2, b)


def test_precision_falls_for_wrong_images_and_recall_for_missing_ones() -> None:
    ref = np.vstack([RNG.normal(0, 1, (60, 2)), RNG.normal(20, 1, (60, 2))])
    one_mode = RNG.normal(0, 0.9, (120, 2))
    assert precision(one_mode, ref) > 0.9
    assert 0.3 < recall(one_mode, ref) < 0.6
    assert precision(ref + 100, ref) == 0
    assert np.isnan(precision(ref[:3], ref[:3]))


def test_copies_have_no_novelty_and_one_image_no_diversity() -> None:
    ref = RNG.normal(0, 1, (40, 6))
    fresh = RNG.normal(0, 1, (40, 6))
    assert novelty(ref, ref) == 0
    assert novelty(ref + RNG.normal(0, 0.05, ref.shape), ref) < 0.15
    assert novelty(fresh, ref) == pytest.approx(1, abs=0.25)
    same = np.repeat(fresh[:1], 40, axis=0)
    assert diversity(same, ref) == pytest.approx(0, abs=1e-6)
    assert vendi(same, ref) == pytest.approx(1)
    assert diversity(fresh, ref) == pytest.approx(1, abs=0.1)
    assert 2 < vendi(fresh, ref) <= 40


def test_first_order_statistics_agree_with_numpy_and_scipy() -> None:
    x = RNG.gamma(2, 3, 5000)
    found = first_order(x)
    assert found["skewness"] == pytest.approx(stats.skew(x))
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(x))
    assert found["root mean square"] == pytest.approx(np.sqrt((x**2).mean()))
    assert found["interquartile range"] == pytest.approx(stats.iqr(x))
    assert first_order(np.full(9, 4.0))["skewness"] == 0


def test_texture_in_a_mask_is_that_of_the_region_alone() -> None:
    plane = RNG.integers(1, 5, (12, 12))
    bins = np.zeros((3, 20, 20), int)
    bins[1, 4:16, 4:16] = plane
    matrix = graycomatrix(
        plane.astype(np.uint8) - 1, [1], (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4), 4, symmetric=True
    ).sum(axis=3, keepdims=True)
    found = cooccurrence(bins, 4)
    for name in ("contrast", "correlation", "entropy"):
        assert found[name] == pytest.approx(graycoprops(matrix, name)[0, 0])
    assert cooccurrence(np.zeros((2, 4, 4), int), 4)["contrast"] == 0
