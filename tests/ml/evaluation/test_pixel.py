"""Pixel figures against the libraries of the field, and how they react to damage."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.metrics import (
    mean_squared_error,
    normalized_root_mse,
    peak_signal_noise_ratio,
    structural_similarity,
)
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from ml.evaluation.case import ImagePair
from ml.evaluation.masks import body_mask, hounsfield_classes, label_classes
from ml.evaluation.pixel import pixel_metrics
from ml.evaluation.ssim import ssim_and_ms_ssim
from ml.imaging.volume import Volume
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.render import ct

RANGE = (-1024.0, 3071.0)
PEAK = RANGE[1] - RANGE[0]


@pytest.fixture(scope="module")
def head() -> Volume:
    labels = ellipsoid_head((56, 58, 48), (4.0, 4.0, 4.0))
    return labels.like(ct(labels.array, seed=3).astype(np.float32))


def noisy(image: Volume, sd: float, shift: float = 0.0) -> Volume:
    noise = np.random.default_rng(1).normal(shift, sd, image.shape).astype(np.float32)
    return image.like(image.array + noise)


def figures(pred: Volume, ref: Volume, mask: NDArray[np.bool_] | None = None) -> dict[str, float]:
    where = np.ones(ref.shape, bool) if mask is None else mask
    pair = ImagePair(pred=pred, ref=ref, mask=where, value_range=RANGE)
    return {metric: parts[0] for (metric, _), parts in pixel_metrics(pair).items()}


def test_whole_images_agree_with_scikit_image(head: Volume) -> None:
    pred = noisy(head, 60, 10)
    found = figures(pred, head)
    low = RANGE[0]
    cut = [np.clip(v.array, *RANGE).astype(np.float64) for v in (head, pred)]
    assert found["psnr"] == pytest.approx(peak_signal_noise_ratio(*cut, data_range=PEAK), abs=1e-9)
    assert found["mae"] == pytest.approx(np.abs(pred.array - head.array).mean(), rel=1e-4)
    root = normalized_root_mse(head.array.astype(float) - low, pred.array.astype(float) - low)
    assert found["nmse"] == pytest.approx(root**2, rel=1e-6)
    similarity = structural_similarity(
        *(image - low for image in cut), data_range=PEAK, use_sample_covariance=False
    )
    assert found["ssim"] == pytest.approx(similarity, abs=1e-4)


def test_masked_psnr_is_that_of_the_masked_voxels(head: Volume) -> None:
    mask = body_mask(head.array, hounsfield=True)
    pred = noisy(head, 60)
    found = figures(pred, head, mask)
    cut = [np.clip(v.array, *RANGE)[mask].astype(float) for v in (head, pred)]
    expected = 10 * np.log10(PEAK**2 / mean_squared_error(*cut))
    assert found["psnr"] == pytest.approx(expected, abs=1e-6)


def test_masked_ssim_is_the_mean_of_the_map_in_the_mask(head: Volume) -> None:
    """As the SynthRAD evaluation does it, with scikit-image's map."""
    mask = body_mask(head.array, hounsfield=True)
    pred = noisy(head, 80)
    images = [
        np.where(mask, np.clip(v.array, *RANGE) - RANGE[0], 0).astype(float) for v in (head, pred)
    ]
    _, similarity = structural_similarity(
        *images, data_range=PEAK, full=True, use_sample_covariance=False
    )
    rim = (slice(3, -3),) * 3
    expected = similarity[rim][mask[rim]].mean()
    single, _ = ssim_and_ms_ssim(pred.array, head.array, mask, RANGE)
    assert single == pytest.approx(expected, abs=1e-4)


def test_ms_ssim_agrees_with_torchmetrics() -> None:
    rng = np.random.default_rng(0)
    ref = ndimage.gaussian_filter(rng.random((112, 112, 112)), 2).astype(np.float32)
    ref = (ref - ref.min()) / np.ptp(ref)
    pred = (ref + 0.1 * rng.random(ref.shape)).clip(0, 1).astype(np.float32)
    _, found = ssim_and_ms_ssim(pred, ref, np.ones(ref.shape, bool), (0.0, 1.0))
    # Its maps are padded by reflection and cropped again, so that both look at whole windows.
    expected = multiscale_structural_similarity_index_measure(
        torch.from_numpy(pred)[None, None],
        torch.from_numpy(ref)[None, None],
        gaussian_kernel=False,
        kernel_size=7,
        data_range=1.0,
    )
    assert found == pytest.approx(float(expected), abs=5e-3)


def test_images_smaller_than_five_scales_have_no_ms_ssim(head: Volume) -> None:
    assert np.isnan(figures(head, head)["ms_ssim"])


def test_equal_images_are_perfect(head: Volume) -> None:
    found = figures(head, head)
    assert (found["mae"], found["bias"], found["nmse"], found["psnr"]) == (0, 0, 0, 100)
    assert found["ssim"] == pytest.approx(1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda image, much: noisy(image, 40 * much),
        lambda image, much: image.like(ndimage.gaussian_filter(image.array, 0.6 * much)),
        lambda image, much: image.like(np.roll(image.array, much, axis=2)),
    ],
    ids=["noise", "blur", "shift"],
)
def test_more_damage_is_worse_in_every_figure(head: Volume, damage) -> None:  # type: ignore[no-untyped-def]
    steps = [figures(damage(head, much), head) for much in (1, 2, 4)]
    for metric, sign in (("mae", 1), ("nmse", 1), ("psnr", -1), ("ssim", -1)):
        values = [sign * step[metric] for step in steps]
        assert values == sorted(values), metric
        assert values[0] < values[-1], metric


def test_bias_is_seen_per_tissue_and_with_its_sign(head: Volume) -> None:
    mask = body_mask(head.array, hounsfield=True)
    tissues = hounsfield_classes(head.array, mask)
    array = head.array.copy()
    array[tissues["bone"]] -= 100
    pair = ImagePair(pred=head.like(array), ref=head, mask=mask, tissues=tissues, value_range=RANGE)
    found = pixel_metrics(pair)
    assert list(found["bias", "bone"]) == pytest.approx([-100])
    assert list(found["bias", "soft tissue"]) == [0]
    assert -100 < found["bias", ""][0] < 0


def test_voxels_outside_the_mask_do_not_count(head: Volume) -> None:
    mask = body_mask(head.array, hounsfield=True)
    array = head.array.copy()
    array[~mask] += 500
    found = figures(head.like(array), head, mask)
    assert found["mae"] == 0
    assert found["ssim"] == pytest.approx(1)


def test_the_body_is_filled_and_loose_parts_are_left_out() -> None:
    image = np.full((9, 40, 40), -1000.0)
    image[:, 5:30, 5:30] = 0
    image[:, 12:16, 12:16] = -1000
    image[:, 36:39, 36:39] = 0
    mask = body_mask(image, hounsfield=True)
    assert mask[4, 14, 14]
    assert not mask[4, 37, 37]


def test_tissues_of_a_head_join_both_sides() -> None:
    ids = np.array([[[17, 53, 9999]]])
    found = label_classes(ids, np.ones(ids.shape, bool))
    assert found["hippocampus"].sum() == 2
    assert found["label 9999"].sum() == 1


def test_an_empty_mask_is_refused(head: Volume) -> None:
    with pytest.raises(ValueError, match="mask"):
        figures(head, head, np.zeros(head.shape, bool))
