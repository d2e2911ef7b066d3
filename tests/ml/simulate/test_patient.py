"""A patient over time: exact truth, determinism, batches, and images in their units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from ml.simulate import labels
from ml.simulate.acquire import (
    CtScanner,
    MrScanner,
    ct_image,
    mr_image,
    random_contrast_image,
    slices,
)
from ml.simulate.atrophy import atrophy_over, volume_change
from ml.simulate.expansion import mass_effect
from ml.simulate.growth import GrowthRates
from ml.simulate.haemorrhage import Haemorrhage
from ml.simulate.lesion_kinds import blood_of_age
from ml.simulate.ms import MsDisease
from ml.simulate.patient import (
    CAVITY_ID,
    HAEMATOMA_IDS,
    PLAQUE_IDS,
    TUMOUR_CORE_ID,
    Patient,
    Visit,
    visit,
)
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.protocols import PROTOCOLS
from ml.simulate.tissue import TissueMaps, stacked
from ml.simulate.tumour import Resection, Tumour
from ml.simulate.variation import varied
from ml.simulate.warp import partial_volumes, sample_linear

SPACING = (4.0, 4.0, 4.0)
HEAD = ellipsoid_head((54, 52, 42), SPACING).array
VOXEL_ML = 0.064
SICK = Patient(
    label_ids=HEAD,
    spacing_mm=SPACING,
    seed=3,
    annual_change={4: 0.10, 43: 0.08, 17: -0.05, 53: -0.04},
    tumour=Tumour(
        origin=(28, 24, 28),
        rates=GrowthRates(diffusion=0.1, proliferation=0.025),
        treatments=(Resection(day=100, margin_mm=6),),
    ),
    ms=MsDisease(lesions=6, new_per_year=6, radius_mm=5),
    haemorrhages=(Haemorrhage(day=10, volume_ml=6, centre=(28, 28, 14)),),
)


@pytest.fixture(scope="module")
def sick() -> Visit:
    return visit(SICK, 60)


def test_atrophy_over_any_time_meets_the_prescribed_volume() -> None:
    rates = {4: 0.10, 43: 0.08, 17: -0.05, 53: -0.04}
    for years in (0.5, 2.0, 8.0):
        moved = atrophy_over(HEAD, SPACING, rates, 365.25 * years)
        for label, rate in rates.items():
            expected = (1 + rate) ** years - 1
            assert volume_change(HEAD, moved, SPACING, label) == pytest.approx(expected, abs=0.01)
    back = atrophy_over(HEAD, SPACING, {4: 0.10}, -365.25)
    assert volume_change(HEAD, back, SPACING, 4) == pytest.approx(1 / 1.10 - 1, abs=0.01)
    assert not atrophy_over(HEAD, SPACING, {4: 0.1}, 0).any()
    with pytest.raises(ValueError, match="all of its volume"):
        atrophy_over(HEAD, SPACING, {4: -1.0}, 10)


def test_volumes_of_all_labels_at_once_are_those_of_their_masks() -> None:
    moved = atrophy_over(HEAD, SPACING, {4: 0.3}, 365)
    pull = torch.from_numpy(moved) / 4.0
    volumes = partial_volumes(HEAD, pull)
    for label in (4, 3, 24, 515):
        mask = torch.from_numpy(np.equal(HEAD, label).astype(np.float32))[None]
        assert volumes[label] == pytest.approx(float(sample_linear(mask, pull).sum()), rel=1e-4)
    assert sum(volumes.values()) == pytest.approx(HEAD.size, rel=1e-6)


def test_mass_effect_takes_the_asked_room_from_fluid_and_leaves_the_skull() -> None:
    swelling = np.zeros(HEAD.shape, np.float32)
    swelling[24:32, 20:28, 24:32] = 0.25
    swelling *= np.isin(HEAD, (2, 3))
    moved = mass_effect(swelling, HEAD, SPACING)
    pull = torch.from_numpy(moved) / 4.0
    lump = torch.from_numpy((swelling > 0).astype(np.float32))[None]
    gained = float(sample_linear(lump, pull).sum() / lump.sum()) - 1
    assert gained == pytest.approx(0.25, abs=0.06)
    bone = np.isin(HEAD, (515, 516, 511))
    assert np.abs(moved[:, bone]).max() == 0
    fluid = sum(volume_change(HEAD, moved, SPACING, label) for label in (24, 4, 43))
    assert fluid < 0


def test_volumes_lesions_and_labels_of_a_visit_agree(sick: Visit) -> None:
    assert sick.label_ids.shape == sick.lesion_ids.shape == HEAD.shape
    assert sick.displacement_mm.shape == (3, *HEAD.shape)
    assert sum(sick.volumes_ml.values()) == pytest.approx(HEAD.size * VOXEL_ML, rel=1e-5)
    for lesion in sick.lesions:
        counted = float((sick.lesion_ids == lesion.lesion_id).sum()) * VOXEL_ML
        if lesion.lesion_id in {TUMOUR_CORE_ID, HAEMATOMA_IDS}:
            assert counted == pytest.approx(lesion.volume_ml, rel=0.25)
    kinds = {lesion.kind for lesion in sick.lesions}
    assert kinds >= {"MS plaque", "tumour core", "tumour oedema", "haematoma", "haematoma oedema"}
    skull = np.isin(HEAD, (515, 516))
    assert not sick.lesion_ids[skull].any()


def test_a_haematoma_has_its_volume_where_nothing_moves() -> None:
    still = Haemorrhage(day=0, volume_ml=6, centre=(28, 28, 14), mass_effect=0.0)
    patient = Patient(label_ids=HEAD, spacing_mm=SPACING, haemorrhages=(still,))
    (clot,) = visit(patient, 0.0).lesions
    assert (clot.lesion_id, clot.kind) == (HAEMATOMA_IDS, "haematoma")
    assert clot.volume_ml == pytest.approx(6.0, rel=1e-4)
    aged = {lesion.kind: lesion.volume_ml for lesion in visit(patient, 50.0).lesions}
    assert aged["haematoma"] == pytest.approx(still.clot_ml(50.0), rel=1e-4)
    assert aged["haematoma"] < 3
    assert visit(patient, -1.0).lesions == ()


def test_blood_ages_as_it_does() -> None:
    acute, late, old = (blood_of_age(days) for days in (2, 14, 100))
    assert acute.hounsfield > 65 > late.hounsfield > old.hounsfield
    assert acute.t2_ms < 50 < late.t2_ms
    assert late.t1_ms < 500 < acute.t1_ms
    with pytest.raises(ValueError, match="younger"):
        blood_of_age(-1)


def test_resection_replaces_the_core_by_a_cavity() -> None:
    only = replace(SICK, ms=None, haemorrhages=(), annual_change={})
    before, after = visit(only, 99), visit(only, 101)
    assert (before.lesion_ids == TUMOUR_CORE_ID).any()
    assert not (after.lesion_ids == TUMOUR_CORE_ID).any()
    cavity = after.lesion_ids == CAVITY_ID
    assert cavity.sum() * VOXEL_ML > 2
    assert float(after.tissue().hounsfield[0][torch.from_numpy(cavity)].median()) < 18


def test_plaques_keep_their_ids_and_new_ones_come() -> None:
    patient = Patient(
        label_ids=HEAD, spacing_mm=SPACING, seed=1,
        ms=MsDisease(lesions=8, new_per_year=10, radius_mm=6),
    )  # fmt: skip
    first, later = (visit(patient, day) for day in (0, 700))
    old, new = ({lesion.lesion_id for lesion in v.lesions} for v in (first, later))
    assert old < new
    assert min(new) >= PLAQUE_IDS + 1
    white = np.isin(HEAD, (2, 41, 7, 46, 16))
    assert not later.lesion_ids[~white].any()


def test_same_seed_same_visit_and_another_seed_another(sick: Visit) -> None:
    again = visit(SICK, 60)
    assert np.array_equal(again.label_ids, sick.label_ids)
    assert np.array_equal(again.lesion_ids, sick.lesion_ids)
    assert np.array_equal(again.displacement_mm, sick.displacement_mm)
    assert again.lesions == sick.lesions
    assert torch.equal(again.tissue().t1_ms, sick.tissue().t1_ms)
    other = visit(replace(SICK, seed=4), 60)
    assert not np.array_equal(other.lesion_ids, sick.lesion_ids)
    assert not torch.equal(other.tissue().t1_ms, sick.tissue().t1_ms)


def test_texture_goes_along_with_the_tissue() -> None:
    """Two visits of one person differ where something happened, and not everywhere."""
    patient = Patient(label_ids=HEAD, spacing_mm=SPACING, seed=2, annual_change={4: 0.2})
    first, later = (visit(patient, day).tissue().t1_ms[0] for day in (0, 365))
    quiet = torch.from_numpy(np.isin(HEAD, (8, 47)))
    difference = (first - later)[quiet].abs().median()
    assert difference < 0.2 * first[quiet].std()


def test_a_change_of_less_than_a_voxel_is_in_the_image() -> None:
    rates = {4: 0.06, 43: 0.06}
    patient = Patient(label_ids=HEAD, spacing_mm=SPACING, seed=2, annual_change=rates)
    first, later = (visit(patient, day) for day in (0, 365.25))
    t1 = [v.tissue().t1_ms[0] for v in (first, later)]
    fluid, white = (
        float(t1[0][torch.from_numpy(np.isin(HEAD, of))].mean()) for of in ((4, 43), (2, 41))
    )
    near = torch.from_numpy(
        ndimage.binary_dilation(np.isin(HEAD, (4, 43)), iterations=2)
        & np.isin(HEAD, (2, 4, 41, 43))
    )
    seen_ml = float((t1[1] - t1[0])[near].sum()) / (fluid - white) * 0.064
    true_ml = sum(later.volumes_ml[label] - first.volumes_ml[label] for label in rates)
    assert true_ml > 0
    assert seen_ml == pytest.approx(true_ml, rel=0.25)
    # A voxel that is half fluid has the mean of two signals: no bright rim on FLAIR, where a T1 and
    # a T2 in between would give one.
    flair = [PROTOCOLS["FLAIR"].signal(v.tissue())[0] for v in (first, later)]
    assert flair[1][near].max() <= 1.05 * flair[0][near].max()


def _maps() -> TissueMaps:
    people = [Patient(label_ids=HEAD, spacing_mm=SPACING, seed=s) for s in (1, 2)]
    return stacked([visit(person, 0).tissue() for person in people])


def test_a_batch_of_images_is_its_items() -> None:
    maps = _maps()
    second = TissueMaps(
        *(getattr(maps, n)[1:] for n in ("t1_ms", "t2_ms", "proton_density", "hounsfield"))
    )
    for protocol in PROTOCOLS.values():
        both = mr_image(maps, protocol, SPACING, [5, 6])
        assert both.shape == (2, *HEAD.shape)
        assert torch.allclose(both[1:], mr_image(second, protocol, SPACING, [6]), atol=1e-5)
    both = ct_image(maps, SPACING, [5, 6])
    assert torch.allclose(both[1:], ct_image(second, SPACING, [6]), atol=1e-2)
    with pytest.raises(ValueError, match="seeds"):
        ct_image(maps, SPACING, [5])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_what_a_cpu_gives() -> None:
    maps = _maps()
    flair = [mr_image(m, PROTOCOLS["FLAIR"], SPACING, [5, 6]) for m in (maps.to("cuda"), maps)]
    hounsfield = [ct_image(m, SPACING, [5, 6]) for m in (maps.to("cuda"), maps)]
    assert torch.allclose(flair[0].cpu(), flair[1], atol=1e-3)
    assert torch.allclose(hounsfield[0].cpu(), hounsfield[1], atol=1.0)


def test_ct_numbers_are_the_tables_in_hounsfield_units() -> None:
    maps = _maps()
    image = ct_image(maps, SPACING, [1, 2], CtScanner(psf_mm=0.1, dose_mgy=60))
    ids = torch.from_numpy(HEAD.astype(np.int32))
    expected = {0: (-1000, 5), 2: (29, 4), 3: (37, 4), 4: (8, 4), 515: (1000, 160), 506: (10, 5)}
    for label, (mean, tolerance) in expected.items():
        assert float(image[0][ids == label].mean()) == pytest.approx(mean, abs=tolerance)
    assert image.min() >= -1024
    assert image.max() <= 3071


def test_ct_noise_falls_with_the_root_of_dose_and_voxel() -> None:
    assert CtScanner(dose_mgy=15).noise_hu(1.0) == pytest.approx(
        2 * CtScanner(dose_mgy=60).noise_hu(1.0)
    )
    assert CtScanner().noise_hu(4.0) == pytest.approx(CtScanner().noise_hu(1.0) / 2)
    flat = TissueMaps(*(torch.zeros(1, 24, 24, 24) for _ in range(4)))
    image = ct_image(flat, (1, 1, 1), [0], CtScanner(dose_mgy=15))
    assert float(image.std()) == pytest.approx(12.0, rel=0.02)


def test_noise_of_an_empty_mr_image_is_rayleigh() -> None:
    nothing = TissueMaps(*(torch.full((1, 30, 30, 30), v) for v in (1000.0, 100.0, 0.0, -1000.0)))
    image = mr_image(nothing, PROTOCOLS["T2w TSE"], (1, 1, 1), [0], MrScanner(noise=0.05))
    assert float(image.mean()) == pytest.approx(0.05 * (np.pi / 2) ** 0.5, rel=0.02)


def test_thick_slices_are_means_and_keep_their_place() -> None:
    ramp = torch.arange(20.0)[None, :, None, None].expand(1, 20, 3, 3)
    thick, first = slices(ramp, (1.0, 1.0, 1.0), thickness_mm=5.0)
    assert thick[0, :, 0, 0].tolist() == pytest.approx([2, 7, 12, 17])
    assert first == pytest.approx(2.0)
    gapped, first = slices(ramp, (1.0, 1.0, 1.0), thickness_mm=4.0, gap_mm=2.0)
    assert gapped[0, :, 0, 0].tolist() == pytest.approx([first, first + 6, first + 12])
    with pytest.raises(ValueError, match="thicker"):
        slices(ramp, (1.0, 1.0, 1.0), thickness_mm=0.5)


def test_random_contrast_shows_the_anatomy_and_is_seeded(sick: Visit) -> None:
    ids = torch.from_numpy(sick.label_ids.astype(np.int32))[None].expand(2, -1, -1, -1)
    images = random_contrast_image(ids, [sick.layers, ()], SPACING, [8, 9])
    assert images.shape == ids.shape
    assert not torch.allclose(images[0], images[1])
    assert torch.equal(images, random_contrast_image(ids, [sick.layers, ()], SPACING, [8, 9]))


def test_lesions_look_as_they_should(sick: Visit) -> None:
    maps = sick.tissue()
    lesions = torch.from_numpy(sick.lesion_ids.astype(np.int32))
    white = torch.from_numpy(np.isin(sick.label_ids, (2, 41))) & (lesions == 0)
    flair = mr_image(maps, PROTOCOLS["FLAIR"], SPACING, [1], MrScanner(bias=0.0))[0]
    t1w = mr_image(maps, PROTOCOLS["T1w MPRAGE"], SPACING, [1], MrScanner(bias=0.0))[0]
    plaque, core, clot = lesions > PLAQUE_IDS, lesions == TUMOUR_CORE_ID, lesions == HAEMATOMA_IDS
    assert flair[plaque].mean() > 1.15 * flair[white].mean()
    assert flair[core].mean() > 1.15 * flair[white].mean()
    assert t1w[core].mean() < 0.8 * t1w[white].mean()
    hounsfield = ct_image(maps, SPACING, [1])[0]
    # Fifty days after the bleeding the clot is nearly as dark as fluid; on the day it is bright.
    fresh = visit(SICK, 10)
    bright = ct_image(fresh.tissue(), SPACING, [1])[0]
    on_the_day = torch.from_numpy(fresh.lesion_ids == HAEMATOMA_IDS)
    assert bright[on_the_day].mean() > 45 > hounsfield[clot].mean()


def test_variation_makes_another_head_of_the_same_parts() -> None:
    one, displacement = varied(HEAD, SPACING, 1)
    again, _ = varied(HEAD, SPACING, 1)
    other, _ = varied(HEAD, SPACING, 2)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert set(np.unique(one)) <= set(np.unique(HEAD))
    assert displacement.shape == (3, *HEAD.shape)
    brain = [i for t in labels.TISSUES if t.in_brain for i in (t.left_id, t.right_id)]
    sizes = [np.isin(ids, brain).sum() for ids in (HEAD, one)]
    assert 0.7 < sizes[1] / sizes[0] < 1.4
