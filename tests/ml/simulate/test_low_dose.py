"""Projection and back-projection against closed forms and scikit-image; dose against noise."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from ml.simulate.draw import Draw
from ml.simulate.low_dose import (
    WATER_PER_MM,
    Beam,
    attenuation,
    counted,
    low_dose_ct,
    to_hounsfield,
)
from ml.simulate.radon import angles_of, detector_channels, filtered_back_projection, radon

SIZE = 65
PIXEL_MM = 2.0


def _disc(radius_mm: float, centre_mm: tuple[float, float] = (0.0, 0.0)) -> torch.Tensor:
    """A disc (1, y, x) of value 1 with partial pixels."""
    fine = (torch.arange(SIZE * 5) - (SIZE * 5 - 1) / 2) * PIXEL_MM / 5
    inside = (fine[:, None] - centre_mm[0]) ** 2 + (fine[None] - centre_mm[1]) ** 2 <= radius_mm**2
    return inside.float().reshape(SIZE, 5, SIZE, 5).mean((1, 3))[None]


def test_projection_of_a_disc_is_its_chord_from_every_side() -> None:
    centre = (10.0, -6.0)
    angles = angles_of(12)
    sinogram = radon(_disc(30.0, centre), angles, PIXEL_MM)[0]
    channels = detector_channels(SIZE, SIZE)
    place = (torch.arange(channels) - (channels - 1) / 2) * PIXEL_MM
    for angle, row in zip(angles.tolist(), sinogram, strict=True):
        middle = centre[1] * math.cos(angle) + centre[0] * math.sin(angle)
        chord = 2 * torch.sqrt((30.0**2 - (place - middle) ** 2).clamp_min(0))
        well_inside = (place - middle).abs() < 26
        assert torch.allclose(row[well_inside], chord[well_inside], rtol=0.03)
        assert float(row.sum() * PIXEL_MM) == pytest.approx(math.pi * 30**2, rel=0.01)


def test_projection_agrees_with_scikit_image() -> None:
    transform = pytest.importorskip("skimage.transform")
    image = _disc(28.0, (8.0, 5.0)) + 0.5 * _disc(10.0, (-12.0, 20.0))
    angles = angles_of(9)
    ours = radon(image, angles, 1.0)[0].numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = transform.radon(image[0].numpy(), np.degrees(angles.numpy()), circle=True).T
    middle = (ours.shape[1] - theirs.shape[1]) // 2
    ours = ours[:, middle : middle + theirs.shape[1]]
    # Their y grows downwards and their angles turn the other way.
    mirrored = radon(image.flip(1), angles, 1.0)[0].numpy()[:, middle : middle + SIZE]
    difference = min(np.abs(ours - theirs).mean(), np.abs(mirrored - theirs).mean())
    assert difference < 0.02 * theirs.mean()


def test_back_projection_gives_the_slice_back() -> None:
    slices = torch.cat([_disc(40.0), _disc(20.0, (15.0, -20.0))])
    angles = angles_of(180)
    back = filtered_back_projection(radon(slices, angles, PIXEL_MM), angles, (SIZE, SIZE), PIXEL_MM)
    assert float(back[0, 25:40, 25:40].mean()) == pytest.approx(1.0, abs=0.01)
    assert float((back - slices).square().mean().sqrt()) < 0.06
    alone = filtered_back_projection(
        radon(slices[1:], angles, PIXEL_MM), angles, (SIZE, SIZE), PIXEL_MM
    )
    assert torch.allclose(back[1:], alone, atol=1e-5)


def test_hounsfield_units_are_water_and_air() -> None:
    hounsfield = torch.tensor([-1000.0, 0.0, 1000.0, -1024.0])
    assert attenuation(hounsfield).tolist() == pytest.approx(
        [0.0, WATER_PER_MM, 2 * WATER_PER_MM, 0.0]
    )
    assert to_hounsfield(attenuation(hounsfield[:3])).tolist() == pytest.approx(
        [-1000.0, 0.0, 1000.0], abs=1e-3
    )


def test_counts_are_poisson() -> None:
    """Behind 0.1 m of water: the line integral is unbiased and its variance is exp(p)/I0."""
    beam = Beam(photons=1e5, electronic=0.0)
    through = torch.full((1, 200, 500), 100 * WATER_PER_MM)
    measured = counted(through, beam, Draw(0))
    assert float(measured.mean()) == pytest.approx(100 * WATER_PER_MM, rel=1e-3)
    variance = math.exp(100 * WATER_PER_MM) / 1e5
    assert float(measured.var()) == pytest.approx(variance, rel=0.03)


def _water() -> torch.Tensor:
    return (1000 * _disc(55.0) - 1000)[:, None]


def test_water_stays_water_and_noise_falls_as_the_root_of_dose() -> None:
    middle = (0, 0, slice(22, 43), slice(22, 43))
    noise = []
    clean = low_dose_ct(_water(), PIXEL_MM, [0], Beam(photons=1e9, electronic=0, views=180))
    assert float(clean[middle].mean()) == pytest.approx(0.0, abs=5)
    assert float(clean[0, 0, :3, :3].mean()) == pytest.approx(-1000, abs=15)
    for photons in (4e4, 1.6e5):
        beam = Beam(photons=photons, electronic=0, views=180)
        scan = low_dose_ct(_water(), PIXEL_MM, [1], beam)
        noise.append(float((scan - clean)[middle].std()))
        assert float(scan[middle].mean()) == pytest.approx(0.0, abs=8)
    assert noise[0] / noise[1] == pytest.approx(2.0, rel=0.15)


def test_seed_decides_the_noise_of_its_item() -> None:
    both = _water().expand(2, -1, -1, -1)
    beam = Beam(photons=1e5, views=30)
    scans = low_dose_ct(both, PIXEL_MM, [4, 5], beam)
    assert not torch.equal(scans[0], scans[1])
    assert torch.allclose(scans[1:], low_dose_ct(both[:1], PIXEL_MM, [5], beam), atol=1e-2)
    with pytest.raises(ValueError, match="seeds"):
        low_dose_ct(both, PIXEL_MM, [4], beam)
    with pytest.raises(ValueError, match="photons"):
        Beam(photons=0)
