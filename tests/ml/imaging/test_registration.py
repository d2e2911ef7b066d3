"""Registration: known transforms are found again, and images with nothing in common refused."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from ml.imaging.itk import from_itk, to_itk
from ml.imaging.registration import Registration, RegistrationFailed, register, resampled
from ml.imaging.volume import Volume

STEP_MM = 3.0
SIZE = (54, 64, 58)


def head(*, stripped: bool = False, seed: int = 5) -> Volume:
    """A lopsided phantom head of 3 mm voxels: skin, bone, brain, ventricles and blobs."""
    axes = [(np.arange(n) - (n - 1) / 2) * STEP_MM for n in SIZE]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    radius = np.sqrt((x / 68) ** 2 + (y / 84) ** 2 + (z / 70) ** 2)
    array = np.zeros(SIZE, dtype=np.float32)
    if not stripped:
        array[radius < 1.0] = 700
        array[(np.abs(x) < 12) & (y < -70) & (y > -92) & (np.abs(z + 25) < 20)] = 650
    array[radius < 0.93] = 0 if stripped else 60
    array[radius < 0.85] = 420
    draw = np.random.default_rng(seed)
    for _ in range(25):
        centre = draw.uniform(-45, 45, 3)
        blob = sum((axis - c) ** 2 for axis, c in zip((z, y, x), centre, strict=True))
        array[(blob < draw.uniform(8, 18) ** 2) & (radius < 0.8)] = draw.uniform(150, 900)
    array[(np.abs(np.abs(x) - 9) < 6) & (np.abs(y) < 30) & (np.abs(z) < 12)] = 130
    affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
    affine[:3, 3] = (-80.0, -95.0, -70.0)
    return Volume(array=array, affine=affine)


def matrix_of(transform: sitk.Euler3DTransform) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(transform.GetMatrix()).reshape(3, 3)
    matrix[:3, 3] = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    return matrix


def moved(
    image: Volume, angles_deg: tuple[float, ...], shift_mm: tuple[float, ...], step: float = STEP_MM
) -> tuple[Volume, NDArray[np.float64]]:
    """``image`` turned and shifted, on a grid of its own, in other units and with noise; and the
    matrix from points of ``image`` to it."""
    z, y, x = ((n - 1) / 2 for n in image.shape)
    centre = image.point_lps((z, y, x))
    transform = sitk.Euler3DTransform(centre, *np.deg2rad(angles_deg).tolist(), shift_mm)
    source = to_itk(image)
    size = [round(n * STEP_MM / step) for n in source.GetSize()]
    grid = sitk.Image(size, sitk.sitkFloat32)
    grid.SetSpacing([step] * 3)
    middle = np.array(transform.TransformPoint(centre))
    grid.SetOrigin((middle - step * (np.array(size) - 1) / 2).tolist())
    turned = from_itk(sitk.Resample(source, grid, transform.GetInverse(), sitk.sitkLinear, 0.0))
    noise = np.random.default_rng(1).normal(0, 6, turned.shape)
    return turned.like((1.4 * turned.array + noise + 20).astype(np.float32)), matrix_of(transform)


def worst_mm(found: Registration, true: NDArray[np.float64], image: Volume) -> float:
    index = np.random.default_rng(2).uniform(0.2, 0.8, (3, 100)) * np.array([SIZE]).T
    points = np.array([[*image.point_lps(tuple(p)), 1.0] for p in index.T]).T
    return float(np.linalg.norm(((found.matrix - true) @ points)[:3], axis=0).max())


@pytest.mark.parametrize(
    ("angles", "shift", "step", "stripped"),
    [
        ((15.0, 0.0, 0.0), (0.0, 0.0, 30.0), 3.0, False),
        ((-6.0, 8.0, 14.0), (20.0, -25.0, 5.0), 2.5, False),
        ((0.0, 0.0, -15.0), (0.0, 30.0, 0.0), 3.0, True),
        ((0.0, 0.0, 0.0), (400.0, 0.0, -300.0), 3.0, False),
    ],
    ids=["turned-3cm", "all-axes-finer", "stripped", "far-away"],
)
def test_finds_a_known_move(
    angles: tuple[float, ...], shift: tuple[float, ...], step: float, stripped: bool
) -> None:
    image = head(stripped=stripped)
    other, true = moved(image, angles, shift, step)
    found = register(image, other)
    assert worst_mm(found, true, image) < 0.6
    assert found.translation_mm == pytest.approx(np.linalg.norm(shift), abs=6.0)
    assert found.overlap > 0.9
    assert found.displacement is None


def test_an_image_and_itself_stay_where_they_are() -> None:
    image = head()
    found = register(image, image)
    assert worst_mm(found, np.eye(4), image) < 0.1
    assert found.rotation_deg < 0.1
    np.testing.assert_allclose(resampled(image, image, found).array, image.array, atol=30)


def test_other_orientation_of_the_voxels_makes_no_difference() -> None:
    image = head()
    other, true = moved(image, (10.0, 0.0, 5.0), (10.0, 0.0, 0.0))
    array = np.flip(other.array.transpose(2, 0, 1), axis=1)
    affine = other.affine[:, [1, 2, 0, 3]].copy()
    affine[:3, 3] += affine[:3, 1] * (array.shape[1] - 1)
    affine[:3, 1] *= -1
    found = register(image, Volume(array=np.ascontiguousarray(array), affine=affine))
    assert worst_mm(found, true, image) < 0.6


def test_the_resampled_image_lies_on_the_fixed_one() -> None:
    image = head()
    other, _ = moved(image, (12.0, -5.0, 3.0), (15.0, 10.0, -20.0))
    onto = resampled(other, image, register(image, other), outside=-7.0)
    assert onto.shape == image.shape
    assert onto.array.dtype == np.float32
    inside = image.array > 0
    assert np.corrcoef(onto.array[inside], image.array[inside])[0, 1] > 0.9
    labels = resampled(other.like((other.array > 200).astype(np.uint8)), image,
                       register(image, other), order=0)  # fmt: skip
    assert labels.array.dtype == np.uint8


def test_a_deformation_is_followed() -> None:
    image = head()
    shift = 8.0 * np.sin(np.linspace(-np.pi, np.pi, image.shape[2]))  # wider by up to 8 mm
    field = np.zeros((*image.shape, 3))
    field[..., 0] = shift
    itk_field = sitk.GetImageFromArray(field, isVector=True)
    itk_field.CopyInformation(to_itk(image))
    other = from_itk(sitk.Resample(to_itk(image), sitk.DisplacementFieldTransform(itk_field)))
    found = register(image, other, deformable=True)
    assert found.displacement is not None
    assert found.displacement.shape == (3, *image.shape)
    index = np.argwhere((image.array > 100) & (image.array < 950))[::50]
    points = np.array([[*image.point_lps(tuple(p)), 1.0] for p in index]).T
    rigid = (found.matrix @ points)[:3]
    soft = rigid + found.displacement[:, *index.T]
    # What lies at x in ``image`` was drawn to x - shift in ``other``.
    true = points[:3].copy()
    true[0] -= shift[index[:, 2]]

    def error(found_at: NDArray[np.float64]) -> float:
        return float(np.linalg.norm(found_at - true, axis=0).mean())

    assert error(soft) < 0.6 * error(rigid)


def test_nothing_in_common_is_said() -> None:
    image = head()
    noise = np.random.default_rng(0).uniform(0, 900, SIZE).astype(np.float32)
    with pytest.raises(RegistrationFailed, match="nothing in common"):
        register(image, image.like(noise))
    with pytest.raises(RegistrationFailed, match="empty"):
        register(image, image.like(np.zeros(SIZE, np.float32)))


def test_a_stop_is_passed_on() -> None:
    calls = 0

    class Stopped(Exception):
        pass

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise Stopped

    with pytest.raises(Stopped):
        register(head(), head(), check=check)
    assert calls == 6
