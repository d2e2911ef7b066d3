"""A stored dose as the viewer wants it: its grid, and Gy as a flat stream of float32."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from apps.core.errors import NotFound, Refused
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.planning.models import Plan
from apps.planning.selectors import DOSE_KEYS, artifacts_of, doses_of

DIFFERENCE: Final = "difference"
# What the difference is taken of: the same plan on the real CT, less that on the planned image.
MINUEND, SUBTRAHEND = "reference", "plan"
BYTES_MAX: Final = 512 * 1024**2
_EVEN: Final = 1e-2
_SAME_PLACE_MM: Final = 1e-2


class DoseRefused(Refused):
    code = "dose_not_shown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseVolume:
    """``values`` float32 (z, y, x), slices ascending along the normal, in Gy (γ has no unit)."""

    which: str
    values: npt.NDArray[np.float32]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    frame_of_reference_uid: str
    etag: str

    @property
    def octets(self) -> bytes:
        return self.values.astype("<f4", copy=False).tobytes()

    @property
    def shown(self) -> dict[str, Any]:
        """The shape of a series' grid (``/geometry``): columns, rows, slices."""
        slices, rows, columns = self.values.shape
        return {
            "which": self.which,
            "dimensions": [columns, rows, slices],
            "spacing": list(self.spacing),
            "origin": list(self.origin),
            "direction": list(self.direction),
            "dtype": "float32",
            "unit": "1" if self.which == "gamma" else "Gy",
            "slope": 1.0,
            "intercept": 0.0,
            "minimum": float(np.nanmin(self.values)),
            "maximum": float(np.nanmax(self.values)),
            "bytes": self.values.size * 4,
            "frame_of_reference_uid": self.frame_of_reference_uid,
        }


def dose_volume(plan: Plan, which: str) -> DoseVolume:
    """One dose of a plan. Raises ``NotFound`` where the plan has none of this name, ``DoseRefused``
    where its object cannot be shown, and the errors of the pacs."""
    artifacts = artifacts_of(plan)
    if which not in doses_of(artifacts):
        raise NotFound("This plan has no such dose.", code="dose_not_found")
    by_name = {DOSE_KEYS[one.key]: one for one in artifacts if one.key in DOSE_KEYS}
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
    row, column = (
        np.array(part, dtype=np.float64)
        for part in np.split(np.array(dataset.ImageOrientationPatient, dtype=np.float64), 2)
    )
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
    told = dataset.get("GridFrameOffsetVector")
    if frames == 1:
        return np.zeros(1)
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
    same = minuend.values.shape == subtrahend.values.shape and np.allclose(
        (*minuend.origin, *minuend.spacing, *minuend.direction),
        (*subtrahend.origin, *subtrahend.spacing, *subtrahend.direction),
        atol=_SAME_PLACE_MM,
    )
    if not same:
        raise DoseRefused("The two doses lie on different grids.")
    return DoseVolume(
        which=DIFFERENCE,
        values=minuend.values - subtrahend.values,
        spacing=minuend.spacing,
        origin=minuend.origin,
        direction=minuend.direction,
        frame_of_reference_uid=minuend.frame_of_reference_uid,
        etag=f'"{minuend.etag.strip(chr(34))}-{subtrahend.etag.strip(chr(34))}"',
    )
