"""A stored segmentation as the viewer wants it: its segments, and its labels as a flat file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from django.conf import settings
from highdicom.color import CIELabColor
from pydicom.dataset import Dataset

from apps.core.errors import NotFound
from apps.pacs import resources
from apps.studies.labelmap import SegmentationRefused, labels_on, structure_label
from apps.studies.models import Series, SeriesLayout
from apps.studies.selectors import layout_get

CACHE_MAX_BYTES = 2 * 1024**3
_NO_COLOR = [255, 200, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelmap:
    """``voxels`` is a file of uint16, little endian, in the order of the image's volume."""

    voxels: Path
    image_uid: str
    voxel_ml: float
    etag: str


def segments_of(series: Series) -> list[dict[str, Any]]:
    """Read once for each stored object: a head has thousands of frames to read through."""
    try:
        labelmap = labelmap_of(series)
    except SegmentationRefused:
        return _segments(series, {})
    cached = labelmap.voxels.with_suffix(".json")
    if not cached.exists():
        _write(cached, json.dumps(_segments(series, _sizes_ml(labelmap))).encode())
    found: list[dict[str, Any]] = json.loads(cached.read_bytes())
    return found


def _segments(series: Series, sizes: dict[int, float]) -> list[dict[str, Any]]:
    dataset = _dataset(series)
    return [
        {
            "number": int(segment.SegmentNumber),
            "label": str(segment.get("SegmentLabel") or f"Segment {segment.SegmentNumber}"),
            "color": _color(segment),
            "structure_label": structure_label(segment),
            "volume_ml": sizes.get(structure_label(segment)),
        }
        for segment in dataset.SegmentSequence
    ]


def labelmap_of(series: Series) -> Labelmap:
    """Decoded once for each stored object, then served from the cache folder."""
    image, layout = _image_of(series)
    version = resources.instance_version(_newest(series))
    key = hashlib.sha256(f"{version} {image.pk} {image.updated_at}".encode()).hexdigest()
    path = Path(settings.DATA_DIR) / "cache" / "labelmaps" / f"{key}.labels"
    grid = layout.grid or {}
    if not path.exists():
        _write(path, labels_on(_dataset(series), grid).astype("<u2", copy=False).tobytes())
    return Labelmap(
        voxels=path,
        image_uid=image.series_uid,
        voxel_ml=float(np.prod(grid["spacing"])) / 1000.0,
        etag=f'"{key}"',
    )


def _sizes_ml(labelmap: Labelmap) -> dict[int, float]:
    counts = np.bincount(np.fromfile(labelmap.voxels, "<u2"))
    return {
        int(label): round(int(counts[label]) * labelmap.voxel_ml, 3)
        for label in np.flatnonzero(counts)
    }


def _newest(series: Series) -> str:
    if series.kind != Series.Kind.SEG:
        raise SegmentationRefused("This series is not a segmentation.")
    instances = layout_get(series).instances
    if not instances:
        raise NotFound("The segmentation holds no object.")
    newest: str = max(instances, key=lambda entry: entry["number"] or 0)["orthanc"]
    return newest


def _dataset(series: Series) -> Dataset:
    return pydicom.dcmread(BytesIO(resources.instance_file(_newest(series))))


def _image_of(series: Series) -> tuple[Series, SeriesLayout]:
    images = Series.objects.filter(
        series_uid__in=series.derived_from, geometry_kind__in=("regular", "single")
    )
    image = images.first()
    if image is None:
        raise SegmentationRefused("The image that this segmentation lies on is not here.")
    return image, layout_get(image)


def _color(segment: Dataset) -> list[int]:
    value = segment.get("RecommendedDisplayCIELabValue")
    if not value:
        return _NO_COLOR
    return [int(v) for v in CIELabColor.from_dicom_value([int(v) for v in value]).to_rgb()]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: another process may be looking for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_room(path.parent, len(content))
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    draft.write_bytes(content)
    draft.replace(path)


def _make_room(folder: Path, wanted: int) -> None:
    """Let go of what was made longest ago."""
    kept = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another request has just renamed it
            found = path.stat()
            kept.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total + wanted <= CACHE_MAX_BYTES:
            return
        total -= size
        path.unlink(missing_ok=True)
