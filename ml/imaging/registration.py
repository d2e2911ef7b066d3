"""Where a point of one image lies in another image of the same person (SimpleITK).

Rigid, from several starts, by mutual information (Mattes et al., IEEE Trans. Med. Imaging 2003);
where asked, softly after that (``deformable.py``). Coarse grids do most of the work, and each step
looks at a fixed number of points, so that time hardly grows with the size of the images. Seeded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ml.imaging.deformable import soft_field
from ml.imaging.foreground import foreground
from ml.imaging.itk import from_itk, place, to_itk
from ml.imaging.volume import Volume

SEED: Final = 20261
BINS: Final = 32
POINTS: Final = 40_000
COARSE_MM: Final = 6.0
FINE_MM: Final = 2.0
# A head may lie turned by this in the second visit; each axis is tried both ways.
START_TURN: Final = np.deg2rad(18.0)
# Below these the two images show no common anatomy: measured on noise and on other body parts.
LEAST_OVERLAP: Final = 0.25
LEAST_SIMILARITY: Final = 0.02


class RegistrationFailed(ValueError):
    """The images have nothing in common that one could lay onto the other."""


def _unchecked() -> None:
    """Nobody can stop this registration."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """``matrix`` (4, 4) float64, LPS mm: a point of the fixed image to its point in the moving one.
    ``displacement`` float32 (3 [x, y, z], z, y, x) mm on the fixed grid, added after the matrix;
    None where rigid. ``similarity``: normalised mutual information 2 I / (H1 + H2), 0..1.
    ``overlap``: share of the fixed foreground that the moving image covers. ``rotation_deg``: the
    angle about the rotation's axis; ``translation_mm``: how far the foreground's centre moves."""

    matrix: NDArray[np.float64]
    displacement: NDArray[np.float32] | None
    similarity: float
    overlap: float
    rotation_deg: float
    translation_mm: float


def register(
    fixed: Volume,
    moving: Volume,
    *,
    deformable: bool = False,
    check: Callable[[], None] = _unchecked,
) -> Registration:
    """Lay ``moving`` onto ``fixed``. Whole heads and stripped ones, any spacing and orientation,
    turned by up to about 25 degrees and moved by any distance.

    ``check`` is called again and again and may raise to stop.

    Raises:
        RegistrationFailed: one image is empty, or they show nothing in common.
    """
    head = foreground(fixed)
    if not head.any() or not foreground(moving).any():
        raise RegistrationFailed("An image is empty: there is nothing to register.")
    pair = _Pair(_coarser(fixed, FINE_MM), _coarser(moving, FINE_MM), check)
    rigid = _rigid(pair)
    field = soft_field(pair.fixed, pair.moving, rigid, check) if deformable else None
    matrix = _matrix(rigid)
    displacement = None if field is None else _displacement(field, matrix, fixed)
    check()
    found = Registration(
        matrix=matrix,
        displacement=displacement,
        similarity=_similarity(pair.fixed, pair.moving, rigid, field),
        overlap=_overlap(fixed, head, moving, matrix),
        rotation_deg=_angle(matrix),
        translation_mm=_shift(fixed, head, matrix),
    )
    if found.overlap < LEAST_OVERLAP or found.similarity < LEAST_SIMILARITY:
        raise RegistrationFailed("The two images show nothing in common.")
    return found


def resampled(
    moving: Volume,
    fixed: Volume,
    registration: Registration,
    *,
    outside: float = 0.0,
    order: int = 1,
) -> Volume:
    """``moving`` on the grid of ``fixed``; ``outside`` where it does not reach.

    ``order`` 0 takes the nearest voxel and keeps the type; 1 is linear and 3 a cubic B-spline,
    both give float32. The result carries the source of ``fixed``.
    """
    interpolator = {0: sitk.sitkNearestNeighbor, 1: sitk.sitkLinear, 3: sitk.sitkBSpline}[order]
    image = to_itk(moving)
    if order:
        image = sitk.Cast(image, sitk.sitkFloat32)
    z, y, x = fixed.shape
    grid = sitk.Image(1, 1, 1, sitk.sitkUInt8)
    place(grid, fixed)
    transform = transform_of(registration, fixed)
    moved = sitk.Resample(
        image,
        (x, y, z),
        transform,
        interpolator,
        grid.GetOrigin(),
        grid.GetSpacing(),
        grid.GetDirection(),
        outside,
        image.GetPixelID(),
    )
    return fixed.like(sitk.GetArrayFromImage(moved))


def transform_of(registration: Registration, fixed: Volume) -> sitk.Transform:
    """The registration as SimpleITK transform, from points of ``fixed`` to the moving image."""
    rigid = sitk.AffineTransform(3)
    rigid.SetMatrix([float(v) for v in registration.matrix[:3, :3].ravel()])
    rigid.SetTranslation([float(v) for v in registration.matrix[:3, 3]])
    if registration.displacement is None:
        return rigid
    # After the matrix a displacement d acts as M(x) + d = M(x + R'd).
    turn = registration.matrix[:3, :3].T
    before = np.einsum("ij,j...->...i", turn, registration.displacement.astype(np.float64))
    field = sitk.GetImageFromArray(before, isVector=True)
    place(field, fixed)
    return sitk.CompositeTransform([rigid, sitk.DisplacementFieldTransform(field)])


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two images at the finest step, and the way to stop."""

    fixed: sitk.Image
    moving: sitk.Image
    check: Callable[[], None]


def _coarser(volume: Volume, step_mm: float) -> sitk.Image:
    """Means of blocks of voxels, about ``step_mm`` apart where the voxels are finer than that."""
    low, high = np.percentile(volume.array[::2, ::2, ::2], [0.5, 99.8])
    image = sitk.Cast(to_itk(volume), sitk.sitkFloat32)
    image = sitk.Clamp(image, sitk.sitkFloat32, float(low), float(max(high, low + 1e-6)))
    return _shrunk(image, step_mm)


def _shrunk(image: sitk.Image, step_mm: float) -> sitk.Image:
    sizes = zip(image.GetSize(), image.GetSpacing(), strict=True)
    factors = [max(1, min(round(step_mm / spacing), size // 4)) for size, spacing in sizes]
    return sitk.BinShrink(image, factors) if max(factors) > 1 else image


def _rigid(pair: _Pair) -> sitk.Euler3DTransform:
    coarse = _Pair(_blurred(pair.fixed), _blurred(pair.moving), pair.check)
    tried = [_refined(coarse, start, step=4.0, rounds=25) for start in _starts(coarse)]
    best = sorted(tried, key=lambda one: one[0])[:2]
    better = [_refined(coarse, start, step=1.0, rounds=60) for _, start in best]
    _, chosen = min(better, key=lambda one: one[0])
    for step in (0.5, 0.1):
        _, chosen = _refined(pair, chosen, step=step, rounds=50)
    return chosen


def _blurred(image: sitk.Image) -> sitk.Image:
    coarse = _shrunk(image, COARSE_MM)
    blurred: sitk.Image = sitk.SmoothingRecursiveGaussian(coarse, COARSE_MM / 1.5)
    return blurred


def _starts(pair: _Pair) -> list[sitk.Euler3DTransform]:
    """As the scanner placed them, and centre on centre, unturned and turned about each axis."""
    middle, target = _centre(pair.fixed), _centre(pair.moving)
    shift = [b - a for a, b in zip(middle, target, strict=True)]
    starts = [sitk.Euler3DTransform(middle), sitk.Euler3DTransform(middle, 0.0, 0.0, 0.0, shift)]
    for axis in range(3):
        for angle in (-START_TURN, START_TURN):
            turn = [angle if axis == k else 0.0 for k in range(3)]
            starts.append(sitk.Euler3DTransform(middle, *turn, shift))
    return starts


def _centre(image: sitk.Image) -> tuple[float, float, float]:
    volume = from_itk(image)
    z, y, x = (float(np.mean(axis)) for axis in np.nonzero(foreground(volume)))
    return volume.point_lps((z, y, x))


def _refined(
    pair: _Pair, start: sitk.Euler3DTransform, *, step: float, rounds: int
) -> tuple[float, sitk.Euler3DTransform]:
    """The metric (the lower the better) and the transform after a descent from ``start``."""
    method = _method(pair)
    transform = sitk.Euler3DTransform(start)
    method.SetOptimizerAsRegularStepGradientDescent(step, step / 100, rounds, 0.6, 1e-5)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    try:
        _execute(method, pair)
    except RuntimeError as error:
        if "samples map outside" in str(error) or "All samples" in str(error):
            return 0.0, start
        raise
    return float(method.GetMetricValue()), transform


def _method(pair: _Pair) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    share = min(1.0, POINTS / pair.fixed.GetNumberOfPixels())
    method.SetMetricSamplingStrategy(method.REGULAR if share == 1.0 else method.RANDOM)
    method.SetMetricSamplingPercentage(share, SEED)
    method.MetricUseFixedImageGradientFilterOff()
    method.MetricUseMovingImageGradientFilterOff()
    method.SetInterpolator(sitk.sitkLinear)
    return method


def _execute(method: sitk.ImageRegistrationMethod, pair: _Pair) -> None:
    """Run, asking after every round whether to go on. An error cannot pass through SimpleITK: it
    is kept and raised when the method has stopped."""
    stopped: list[BaseException] = []

    def ask() -> None:
        try:
            pair.check()
        except BaseException as error:  # noqa: BLE001
            stopped.append(error)
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, ask)
    method.Execute(pair.fixed, pair.moving)
    if stopped:
        raise stopped[0]


def _matrix(rigid: sitk.Euler3DTransform) -> NDArray[np.float64]:
    turn = np.array(rigid.GetMatrix()).reshape(3, 3)
    centre, shift = np.array(rigid.GetCenter()), np.array(rigid.GetTranslation())
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = centre + shift - turn @ centre
    return matrix


def _displacement(
    field: sitk.Image, matrix: NDArray[np.float64], fixed: Volume
) -> NDArray[np.float32]:
    z, y, x = fixed.shape
    grid = sitk.Image(x, y, z, sitk.sitkUInt8)
    place(grid, fixed)
    before = sitk.GetArrayViewFromImage(
        sitk.Resample(sitk.Cast(field, sitk.sitkVectorFloat32), grid)
    )
    turn = matrix[:3, :3].astype(np.float32)
    return np.ascontiguousarray(np.einsum("ij,...j->i...", turn, before))


def _similarity(
    fixed: sitk.Image,
    moving: sitk.Image,
    rigid: sitk.Euler3DTransform,
    field: sitk.Image | None,
) -> float:
    transform: sitk.Transform = rigid
    if field is not None:
        soft = sitk.DisplacementFieldTransform(sitk.Cast(field, sitk.sitkVectorFloat64))
        transform = sitk.CompositeTransform([rigid, soft])
    moved = sitk.Resample(moving, fixed, transform, sitk.sitkLinear, float("nan"))
    a, b = sitk.GetArrayViewFromImage(fixed), sitk.GetArrayViewFromImage(moved)
    seen = np.isfinite(b) & foreground(from_itk(fixed))
    return normalised_information(a[seen], b[seen])


def normalised_information(a: NDArray[Any], b: NDArray[Any], bins: int = 64) -> float:
    """2 I(a; b) / (H(a) + H(b)) of two equally long rows of values, 0 (unrelated) to 1."""
    if a.size < bins or a.min() == a.max() or b.min() == b.max():
        return 0.0
    joint = np.histogram2d(a, b, bins=bins)[0]
    share = joint / joint.sum()

    def entropy(p: NDArray[Any]) -> float:
        kept = p[p > 0]
        return float(-(kept * np.log(kept)).sum())

    one, other = entropy(share.sum(axis=1)), entropy(share.sum(axis=0))
    return max(0.0, 2.0 * (one + other - entropy(share)) / (one + other))


def _overlap(
    fixed: Volume, head: NDArray[np.bool_], moving: Volume, matrix: NDArray[np.float64]
) -> float:
    z, y, x = np.nonzero(head[::3, ::3, ::3])
    index = np.stack([x * 3, y * 3, z * 3, np.ones(len(x))])
    inside = np.linalg.solve(moving.affine, matrix @ fixed.affine @ index)[:3]
    limit = np.array(moving.shape[::-1])[:, None] - 0.5
    return float(((inside >= -0.5) & (inside <= limit)).all(axis=0).mean())


def _angle(matrix: NDArray[np.float64]) -> float:
    cosine = (np.trace(matrix[:3, :3]) - 1.0) / 2.0
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _shift(fixed: Volume, head: NDArray[np.bool_], matrix: NDArray[np.float64]) -> float:
    z, y, x = (float(np.mean(axis)) for axis in np.nonzero(head))
    point = np.array([*fixed.point_lps((z, y, x)), 1.0])
    return float(np.linalg.norm((matrix @ point - point)[:3]))
