"""The soft part of a registration: what is left after the rigid one (SimpleITK)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

STEP_MM: Final = 3.0
LEVELS: Final = ((2, 30), (1, 25))
# Width of the Gaussian that keeps the field smooth, in voxels of the level.
SMOOTH: Final = 2.0
BINS: Final = 48


def soft_field(
    fixed: sitk.Image, moving: sitk.Image, rigid: sitk.Transform, check: Callable[[], None]
) -> sitk.Image:
    """Displacements (vectors, mm, on a grid of about 3 mm over ``fixed``) to apply before
    ``rigid``: symmetric demons (Vercauteren et al., NeuroImage 2009), coarse to fine, on the grey
    values of ``moving`` translated to the mean value of ``fixed`` that lies with them, so that
    another scale or contrast does no harm."""
    fixed = _at(fixed, STEP_MM)
    moved = sitk.Resample(moving, fixed, rigid, sitk.sitkLinear, 0.0)
    translated = _translated(fixed, moved)
    field: sitk.Image | None = None
    for factor, rounds in LEVELS:
        check()
        a, b = (_smooth(sitk.BinShrink(one, [factor] * 3)) for one in (fixed, translated))
        demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
        demons.SetNumberOfIterations(rounds)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(SMOOTH)
        if field is None:
            field = demons.Execute(a, b)
        else:
            field = demons.Execute(a, b, sitk.Resample(field, a))
    check()
    if field is None:
        raise ValueError("no level to register at")
    return sitk.Resample(field, fixed)


def _at(image: sitk.Image, step_mm: float) -> sitk.Image:
    factors = [max(1, round(step_mm / spacing)) for spacing in image.GetSpacing()]
    shrunk: sitk.Image = sitk.BinShrink(image, factors)
    return shrunk


def _smooth(image: sitk.Image) -> sitk.Image:
    smooth: sitk.Image = sitk.SmoothingRecursiveGaussian(image, float(np.mean(image.GetSpacing())))
    return smooth


def _translated(fixed: sitk.Image, moved: sitk.Image) -> sitk.Image:
    a, b = sitk.GetArrayViewFromImage(fixed), sitk.GetArrayViewFromImage(moved)
    levels = np.linspace(float(b.min()), float(b.max()) + 1e-3, BINS + 1)
    bin_of: NDArray[Any] = np.clip(np.digitize(b, levels) - 1, 0, BINS - 1)
    count = np.bincount(bin_of.ravel(), minlength=BINS)
    total = np.bincount(bin_of.ravel(), weights=a.ravel().astype(np.float64), minlength=BINS)
    filled = count > 0
    mean = np.interp(np.arange(BINS), np.flatnonzero(filled), total[filled] / count[filled])
    middles = (levels[:-1] + levels[1:]) / 2
    image = sitk.GetImageFromArray(np.interp(b, middles, mean).astype(np.float32))
    image.CopyInformation(fixed)
    return image
