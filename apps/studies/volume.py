"""A regular series as one stream of voxels, slice after slice along its normal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.core.errors import Conflict
from apps.pacs.pixels import FrameAddress, frame_stream
from apps.studies.models import Series, SeriesLayout


class VolumeNotRegular(Conflict):
    code = "volume_not_regular"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumePlan:
    """All that streaming needs, read from the index beforehand."""

    frames: list[FrameAddress]
    series_id: str
    transfer_syntax: str
    grid: dict[str, Any]
    etag: str

    @property
    def length(self) -> int:
        return int(self.grid["bytes"])


def volume_plan(series: Series, layout: SeriesLayout) -> VolumePlan:
    if series.geometry_kind != "regular" or layout.grid is None:
        raise VolumeNotRegular(
            series.geometry_reason or "The slices of this series form no regular volume."
        )
    instances = layout.instances
    return VolumePlan(
        frames=[
            FrameAddress(
                orthanc_id=instances[i]["orthanc"],
                index=frame,
                frames=instances[i]["frames"],
                study_uid=series.study.study_uid,
                series_uid=series.series_uid,
                sop_instance_uid=instances[i]["sop"],
            )
            for i, frame in layout.planes
        ],
        series_id=series.orthanc_id,
        transfer_syntax=series.transfer_syntax,
        grid=layout.grid,
        etag=f'"{series.orthanc_id}-{series.updated_at.timestamp():.6f}"',
    )


async def volume_stream(plan: VolumePlan) -> AsyncIterator[bytes]:
    """Whole slices, little endian, in the grid's dtype."""
    columns, rows, _ = plan.grid["dimensions"]
    stored = _stored_dtype(plan.grid)
    stream = frame_stream(
        plan.frames,
        series_id=plan.series_id,
        transfer_syntax=plan.transfer_syntax,
        frame_bytes=columns * rows * stored.itemsize,
    )
    as_stored = plan.grid["dtype"] != "float32"
    scales = plan.grid["scales"]
    number = 0
    async for content in stream:
        if as_stored:
            yield content
        else:
            scale = scales[number] if scales else (1.0, 0.0)
            yield await asyncio.to_thread(_as_float, content, stored, scale)
        number += 1


def _stored_dtype(grid: dict[str, Any]) -> np.dtype[Any]:
    if grid.get("real"):
        return np.dtype("<f4")
    return np.dtype(f"<{'i' if grid['signed'] else 'u'}{grid['bits'] // 8}")


def _as_float(content: bytes, stored: np.dtype[Any], scale: tuple[float, float]) -> bytes:
    voxels: npt.NDArray[np.float64] = np.frombuffer(content, stored).astype(np.float64)
    return (voxels * scale[0] + scale[1]).astype("<f4").tobytes()
