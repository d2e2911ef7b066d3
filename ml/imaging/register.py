"""Bringing one image onto another of the same patient (SimpleITK)."""

from __future__ import annotations

import SimpleITK as sitk

from ml.imaging.itk import from_itk, to_itk
from ml.imaging.volume import Volume

SAMPLED = 0.2
SEED = 20251


def deformed_onto(
    fixed: Volume, moving: Volume, *, outside: float, node_mm: float = 40.0
) -> Volume:
    """``moving`` (any modality) resampled onto the grid of ``fixed``: first rigidly, then by a
    cubic B-spline of ``node_mm`` between nodes, both by mutual information (Mattes et al., IEEE
    Trans. Med. Imaging 2003). Seeded.

    Returns:
        A float32 volume on the grid of ``fixed``; ``outside`` where ``moving`` does not reach.

    Raises:
        RuntimeError: the images do not overlap.
    """
    a = sitk.Cast(to_itk(fixed), sitk.sitkFloat32)
    b = sitk.Cast(to_itk(moving), sitk.sitkFloat32)
    rigid = _rigid(a, b)
    deformable = _deformable(a, b, rigid, node_mm)
    whole = sitk.CompositeTransform([rigid, deformable])
    moved = sitk.Resample(b, a, whole, sitk.sitkLinear, outside, sitk.sitkFloat32)
    result = from_itk(moved)
    return fixed.like(result.array)


def _method(shrink: list[int], smooth: list[float]) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(SAMPLED, SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetShrinkFactorsPerLevel(shrink)
    method.SetSmoothingSigmasPerLevel(smooth)
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def _rigid(fixed: sitk.Image, moving: sitk.Image) -> sitk.Transform:
    """From the identity: both lie in one frame of reference."""
    transform = sitk.Euler3DTransform()
    size = fixed.GetSize()
    middle = fixed.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in size])
    transform.SetCenter(middle)
    method = _method([4, 2], [3.0, 1.5])
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 120)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=False)
    found: sitk.Transform = method.Execute(fixed, moving)
    return found


def _deformable(
    fixed: sitk.Image, moving: sitk.Image, rigid: sitk.Transform, node_mm: float
) -> sitk.Transform:
    extent = [n * s for n, s in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True)]
    mesh = [max(1, round(length / node_mm)) for length in extent]
    start = sitk.BSplineTransformInitializer(fixed, mesh)
    method = _method([2, 1], [2.0, 1.0])
    method.SetMovingInitialTransform(rigid)
    method.SetInitialTransform(start, inPlace=False)
    method.SetOptimizerAsLBFGSB(gradientConvergenceTolerance=1e-5, numberOfIterations=40)
    found: sitk.Transform = method.Execute(fixed, moving)
    return found
