"""k-space: transforms against numpy, adjointness, masks, noise, reconstruction."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ml.simulate import kspace
from ml.simulate.phantom import ellipsoid_head

SHAPE = (3, 40, 36)
MAPS = kspace.coil_maps(8, SHAPE, seed=1)


def _complex(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.complex64)


def _head() -> torch.Tensor:
    ids = ellipsoid_head(SHAPE, (8.0, 5.5, 4.8)).array
    image = torch.from_numpy(np.isin(ids, (2, 41, 511)) + 0.6 * np.isin(ids, (3, 42)))
    return image.to(torch.complex64)[None]


def test_transform_is_numpys_centred_one_and_comes_back() -> None:
    image = _complex(2, 3, 7, 8, seed=0)
    expected = np.fft.fftshift(
        np.fft.fft2(np.fft.ifftshift(image.numpy(), axes=(-2, -1)), norm="ortho"), axes=(-2, -1)
    )
    spectrum = kspace.to_kspace(image)
    assert np.allclose(spectrum.numpy(), expected, atol=1e-5)
    assert torch.allclose(kspace.to_image(spectrum), image, atol=1e-5)
    assert float(spectrum.abs().square().sum()) == pytest.approx(
        float(image.abs().square().sum()), rel=1e-5
    )


def test_sensitivities_are_smooth_and_normalised() -> None:
    assert MAPS.shape == (8, *SHAPE)
    assert torch.allclose(MAPS.abs().square().sum(0), torch.ones(SHAPE), atol=1e-5)
    assert float(torch.diff(MAPS, dim=-1).abs().max()) < 0.2
    strongest = MAPS.abs().flatten(1).argmax(1)
    assert len(set(strongest.tolist())) == 8  # every coil sees another place best
    assert torch.equal(MAPS, kspace.coil_maps(8, SHAPE, seed=1))
    with pytest.raises(ValueError, match="coil"):
        kspace.coil_maps(0, SHAPE, seed=1)


@pytest.mark.parametrize("per_item", [False, True])
def test_operators_are_adjoint(per_item: bool) -> None:
    mask = kspace.variable_density_mask(40, acceleration=4, acs=6, seed=2)
    if per_item:
        mask = torch.stack([mask, kspace.uniform_mask(40, acceleration=2, acs=4)])
    image, measured = _complex(2, *SHAPE, seed=3), _complex(2, 8, *SHAPE, seed=4)
    left = (kspace.forward(image, MAPS, mask).conj() * measured).sum()
    right = (image.conj() * kspace.adjoint(measured, MAPS, mask)).sum()
    assert complex(left) == pytest.approx(complex(right), rel=1e-4)


def test_fully_sampled_round_trip_is_exact() -> None:
    every = torch.ones(40, dtype=torch.bool)
    image = _complex(1, *SHAPE, seed=5)
    back = kspace.adjoint(kspace.forward(image, MAPS, every), MAPS, every)
    assert torch.allclose(back, image, atol=1e-5)


def test_masks_keep_the_centre_and_the_promised_number_of_lines() -> None:
    uniform = kspace.uniform_mask(256, acceleration=4, acs=24)
    assert uniform[128 - 12 : 128 + 12].all()
    assert int(uniform.sum()) == 64 + 24 - 6
    lines = uniform.nonzero().flatten()
    assert (torch.diff(lines[lines < 100]) == 4).all()
    for seed in range(3):
        random = kspace.variable_density_mask(256, acceleration=8, acs=16, seed=seed)
        assert random[120:136].all()
        assert int(random.sum()) == 32
    masks = [kspace.variable_density_mask(256, acceleration=4, acs=0, seed=s) for s in range(20)]
    share = torch.stack(masks).float().mean(0)
    assert share[64:192].mean() > 3 * share[:64].mean()
    assert torch.equal(masks[3], kspace.variable_density_mask(256, acceleration=4, acs=0, seed=3))
    with pytest.raises(ValueError, match="acceleration"):
        kspace.uniform_mask(256, acceleration=0, acs=8)
    with pytest.raises(ValueError, match="calibration"):
        kspace.uniform_mask(8, acceleration=2, acs=9)


def test_noise_has_its_sd_lies_on_the_lines_taken_and_is_each_items_own() -> None:
    mask = kspace.uniform_mask(40, acceleration=2, acs=4)
    zero = torch.zeros(2, 8, *SHAPE, dtype=torch.complex64)
    noise = kspace.noisy(zero, mask, [1, 2], sd=0.3)
    taken = noise[:, :, :, mask]
    assert float(taken.real.std()) == pytest.approx(0.3, rel=0.02)
    assert float(taken.imag.std()) == pytest.approx(0.3, rel=0.02)
    assert noise[:, :, :, ~mask].abs().max() == 0
    assert torch.equal(noise[1:], kspace.noisy(zero[1:], mask, [2], sd=0.3))


def test_sense_removes_the_folding_that_zero_filling_leaves() -> None:
    image = _head()
    mask = kspace.uniform_mask(40, acceleration=2, acs=8)
    measured = kspace.noisy(kspace.forward(image, MAPS, mask), mask, [1], sd=1e-3)
    folded = kspace.adjoint(measured, MAPS, mask)
    solved = kspace.sense(measured, MAPS, mask, iterations=30, damping=1e-5)
    errors = [float((x - image).abs().square().mean().sqrt()) for x in (folded, solved)]
    assert errors[1] < 0.02
    assert errors[0] > 5 * errors[1]


def test_sense_treats_every_item_of_a_batch_by_itself() -> None:
    images = torch.cat([_head(), 1j * _head().flip(-1)])
    mask = kspace.uniform_mask(40, acceleration=2, acs=8)
    measured = kspace.forward(images, MAPS, mask)
    both = kspace.sense(measured, MAPS, mask)
    alone = kspace.sense(measured[1:], MAPS, mask)
    assert torch.allclose(both[1:], alone, atol=1e-5)


def test_amplification_of_noise_by_undersampling_is_at_least_the_root_of_the_factor() -> None:
    """Parallel imaging never gives back the noise of the lines left out: sd >= sqrt(R)."""
    nothing = torch.zeros(1, *SHAPE, dtype=torch.complex64)
    sds = []
    for factor in (1, 2):
        mask = kspace.uniform_mask(40, acceleration=factor, acs=0)
        measured = kspace.noisy(kspace.forward(nothing, MAPS, mask), mask, [3], sd=1.0)
        solved = kspace.sense(measured, MAPS, mask, iterations=40, damping=1e-6)
        sds.append(float(solved[:, :, 10:30, 9:27].real.std()))
    assert sds[0] == pytest.approx(1.0, rel=0.1)
    assert sds[1] / sds[0] >= 0.97 * math.sqrt(2)
