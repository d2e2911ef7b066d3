"""Reading the doses of a plan out of the archive."""

from __future__ import annotations

import io
import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from apps.core.errors import NotFound
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.planning.gamma import gamma_volume
from apps.planning.models import Plan
from apps.planning.selectors import DOSE_KEYS, artifacts_of, doses_of
from apps.planning.volume import BYTES_MAX, GAMMA, DoseRefused, DoseVolume

DIFFERENCE: Final = "difference"
# The same plan on the real CT, less that on the image it was planned on.
MINUEND, SUBTRAHEND = "reference", "plan"
_EVEN: Final = 1e-2


def dose_volume(plan: Plan, which: str) -> DoseVolume:
    """One dose of a plan. Raises ``NotFound`` where the plan has none of this name, ``DoseRefused``
    where its object cannot be shown, and the errors of the pacs."""
    artifacts = artifacts_of(plan)
    if which not in doses_of(artifacts):
        raise NotFound("This plan has no such dose.", code="dose_not_found")
    by_name = {DOSE_KEYS[one.key]: one for one in artifacts if one.key in DOSE_KEYS}
    if which == GAMMA:
        return gamma_volume(by_name[GAMMA], _stored(by_name["plan"], "plan"))
    if which == DIFFERENCE:
        first, second = by_name[MINUEND], by_name[SUBTRAHEND]
        return _difference(_stored(first, MINUEND), _stored(second, SUBTRAHEND))
    return _stored(by_name[which], which)


def _stored(artifact: Artifact, which: str) -> DoseVolume:
    if artifact.size > BYTES_MAX:
        raise DoseRefused("This dose is too large to be shown.")
    with artifact_content(artifact).stream as stream:
        content = stream.read()
    try:
        dataset = pydicom.dcmread(io.BytesIO(content))
        return dose_read(dataset, which=which, etag=f'"{artifact.sha256 or artifact.pk}-{which}"')
    except DoseRefused:
        raise
    except Exception as error:
        # pydicom answers damage with many kinds of error, some of which quote what they read.
        raise DoseRefused("The dose cannot be read.") from error


def dose_read(dataset: Dataset, *, which: str, etag: str) -> DoseVolume:
    """The grid of an RT Dose (PS3.3 C.8.8.3). Raises ``DoseRefused``."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if rows * columns * frames * 4 > BYTES_MAX:
        raise DoseRefused("This dose is too large to be shown.")
    stored = dataset.pixel_array.reshape(frames, rows, columns)
    values = (stored.astype(np.float64) * float(dataset.DoseGridScaling)).astype(np.float32)
    offsets = _offsets(dataset, frames)
    order = np.argsort(offsets)
    orientation = np.array(dataset.ImageOrientationPatient, dtype=np.float64)
    row, column = orientation[:3], orientation[3:]
    normal = np.cross(row, column)
    first = np.array(dataset.ImagePositionPatient, dtype=np.float64) + normal * offsets[order[0]]
    y, x = (float(step) for step in dataset.PixelSpacing)
    return DoseVolume(
        which=which,
        values=np.ascontiguousarray(values[order]),
        spacing=(x, y, _step(offsets[order], dataset)),
        origin=(float(first[0]), float(first[1]), float(first[2])),
        direction=tuple(float(part) for part in (*row, *column, *normal)),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        etag=etag,
    )


def _offsets(dataset: Dataset, frames: int) -> npt.NDArray[np.float64]:
    """Of each plane from the first. The vector's second form gives positions: the same, less the
    first of them."""
    if frames == 1:
        return np.zeros(1)
    told = dataset.get("GridFrameOffsetVector")
    offsets: npt.NDArray[np.float64] = np.atleast_1d(np.asarray(told, dtype=np.float64))
    if offsets.shape != (frames,) or not np.isfinite(offsets).all():
        raise DoseRefused("The planes of the dose do not say where they lie.")
    moved: npt.NDArray[np.float64] = offsets - offsets[0]
    return moved


def _step(ordered: npt.NDArray[np.float64], dataset: Dataset) -> float:
    if len(ordered) == 1:
        return float(dataset.get("SliceThickness") or 1.0)
    steps = np.diff(ordered)
    step = float(steps.mean())
    if step <= 0 or not math.isfinite(step) or np.abs(steps - step).max() > _EVEN * step:
        raise DoseRefused("The planes of the dose are not evenly spaced.")
    return step


def _difference(minuend: DoseVolume, subtrahend: DoseVolume) -> DoseVolume:
    if not minuend.same_grid(subtrahend):
        raise DoseRefused("The two doses lie on different grids.")
    etag = f'"{minuend.etag.strip(chr(34))}-{subtrahend.etag.strip(chr(34))}"'
    values = minuend.values - subtrahend.values
    return minuend.with_values(DIFFERENCE, values, etag=etag)
