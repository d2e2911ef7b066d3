"""Structures, grids and bulk densities."""

from __future__ import annotations

import numpy as np
import pytest

from ml.imaging.volume import Volume
from ml.pipelines.plan_photons.fixture import blurred, limb, tumour
from ml.planning import bulk
from ml.planning.agreement import hu_error, outlines, tissue
from ml.planning.grid import dose_grid, is_transverse, onto, planning_grid, shares_onto
from ml.planning.structures import (
    body,
    bone,
    edge_share,
    external,
    guess_target,
    looks_like_body,
    margin,
    planning_target,
)


def test_a_margin_grows_in_millimetres_on_uneven_voxels() -> None:
    mask = np.zeros((15, 41, 41), dtype=np.bool_)
    mask[7, 20, 20] = True
    grown = margin(mask, (3.0, 1.0, 1.0), 9.0)
    z, y, x = np.argwhere(grown).T
    assert [int(np.ptp(axis)) for axis in (z, y, x)] == [6, 18, 18]
    assert grown.sum() * 3.0 == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.1)


def test_no_margin_and_no_structure_stay_as_they_are() -> None:
    empty = np.zeros((3, 3, 3), dtype=np.bool_)
    assert not margin(empty, (1.0, 1.0, 1.0), 5.0).any()
    one = empty.copy()
    one[1, 1, 1] = True
    assert (margin(one, (1.0, 1.0, 1.0), 0.0) == one).all()


def test_the_body_of_a_limb_is_whole_and_its_planning_target_lies_within() -> None:
    image = limb()
    outline = body(image)
    assert not outline.truncated
    assert outline.mask.sum() * image.voxel_ml == pytest.approx(np.pi * 4.8**2 * 6, rel=0.03)
    target = external("GTV", tumour())
    grown = planning_target(target, outline, image.spacing, 60.0)
    assert not (grown.mask & ~outline.mask).any()


def test_a_body_at_the_edge_of_the_image_is_cut() -> None:
    image = limb((0.0, 40.0))
    assert edge_share(body(image).mask) > 10
    assert body(image).truncated


def test_bone_is_found_and_specks_are_left() -> None:
    image = limb()
    shaft = image.array == 800
    image.array[3, 10, 22] = 2000
    found = bone(image, body(image))
    assert found is not None
    assert (found.mask == shaft).all()
    assert not found.mask[3, 10, 22]
    soft = image.like(np.minimum(image.array, 100))
    assert bone(soft, body(soft)) is None


def test_a_target_is_guessed_by_its_name() -> None:
    assert guess_target(["Lung", "PTV", "gtv_mass", "CTV"]) == "gtv_mass"
    assert guess_target(["Lung", "PTV 50"]) == "PTV 50"
    assert guess_target(["Lung"]) is None
    assert looks_like_body("Body outline")
    assert looks_like_body("x", "EXTERNAL")
    assert not looks_like_body("antibody")


def test_the_planning_grid_is_cut_to_the_body_and_keeps_the_slices() -> None:
    image = limb()
    grid = planning_grid(image, body(image).mask)
    assert is_transverse(grid)
    assert grid.shape[0] == image.shape[0]
    assert grid.affine[2, 3] == image.affine[2, 3]
    assert grid.shape[1] <= image.shape[1]
    steps = dose_grid(grid, 6.0)
    assert steps.spacing == (6.0, 6.0, 6.0)
    first, second = (
        np.array(g.point_lps(tuple((np.array(g.shape) - 1) / 2))) for g in (grid, steps)
    )
    assert np.allclose(first, second)


def test_shares_keep_the_volume_of_a_structure_on_a_coarser_grid() -> None:
    step = 0.8
    axes = [(np.arange(n) - n / 2) * step for n in (60, 80, 80)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    mask = z**2 + y**2 + x**2 < 20**2
    image = Volume(array=mask.astype(np.int16), affine=np.diag([step, step, step, 1.0]))
    grid = planning_grid(image, np.ones_like(mask))
    assert grid.spacing == pytest.approx((0.8, 2.0, 2.0))
    shares = shares_onto(mask, image, grid)
    assert shares.sum() * grid.voxel_ml == pytest.approx(mask.sum() * image.voxel_ml, rel=0.01)
    assert shares.max() <= 1.0


def test_beyond_its_faces_an_image_is_what_is_said() -> None:
    image = limb()
    grid = planning_grid(image, np.ones(image.shape, dtype=np.bool_))
    far = grid.affine.copy()
    far[0, 3] += 1e4
    placed = onto(image, Volume(array=grid.array, affine=far), -1000.0)
    assert (placed.array == -1000).all()


def test_bulk_densities_of_a_ct_are_few() -> None:
    image = limb()
    inside = body(image).mask
    found = bulk.from_ct(image, inside)
    assert set(np.unique(found.array)) == {bulk.AIR, bulk.FAT, bulk.SOFT, bulk.BONE}
    assert (found.array[~inside] == bulk.AIR).all()
    assert (found.array[image.array == 800] == bulk.BONE).all()


def test_bulk_densities_of_an_mr_come_from_its_contrast() -> None:
    image = limb()
    signal = np.select([image.array < -500, image.array < 0, image.array > 300], [2, 900, 30], 350)
    found = bulk.from_mr(image.like(signal.astype(np.float32)), body(image).mask)
    core = body(image).mask
    for hu, density in ((-100, bulk.FAT), (50, bulk.SOFT), (800, bulk.BONE)):
        where = core & (image.array == hu)
        assert (found.array[where] == density).mean() > 0.6
    with pytest.raises(ValueError, match="no tissue"):
        bulk.from_mr(image.like(np.zeros(image.shape)), core)


def test_outlines_that_differ_by_one_voxel_differ_by_its_width() -> None:
    first = np.zeros((5, 40, 40), dtype=np.bool_)
    first[:, 10:30, 10:30] = True
    second = margin(first, (10.0, 2.0, 2.0), 2.0)
    same = outlines(first, first, (3.0, 2.0, 2.0))
    assert (same.volume_percent, same.distance_mm, same.dice_percent) == (0, 0, 100)
    found = outlines(second, first, (10.0, 2.0, 2.0))
    assert found.distance_mm == pytest.approx(2.0, abs=0.2)
    assert found.volume_percent == pytest.approx(100 * (22 * 22 - 20 * 20 - 4) / 400, abs=0.1)


def test_hu_errors_are_told_by_tissue() -> None:
    image = limb()
    core = body(image).mask
    found = hu_error(blurred(image, 20.0).array, image.array, core)
    assert found.bias_soft == pytest.approx(20, abs=8)
    assert found.bias_bone < 0  # blurring takes from bone
    looked = tissue(image.array + 30.0, core, image.array)
    assert looked.soft_median - looked.soft_expected == pytest.approx(30)
    assert looked.bone_expected == pytest.approx(
        100 * (image.array == 800).sum() / core.sum(), rel=0.2
    )
