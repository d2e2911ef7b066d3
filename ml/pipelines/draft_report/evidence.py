"""Where in the images a statement can be checked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml.contracts.events import Evidence
from ml.imaging.volume import Volume
from ml.pipelines.draft_report.regions import Region


def largest_slice(mask: NDArray[np.bool_]) -> tuple[int, int, int] | None:
    """Voxel (z, y, x) inside ``mask`` on the slice where its area is largest, the one nearest the
    centre of that area; None for an empty mask."""
    areas = mask.sum(axis=(1, 2))
    if not areas.any():
        return None
    z = int(areas.argmax())
    voxels = np.argwhere(mask[z])
    nearest = ((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1).argmin()
    y, x = voxels[nearest]
    return z, int(y), int(x)


class Locator:
    """Finds evidence for regions of one label map, each looked up once.

    ``segments`` maps a label to its number in the segmentation object.
    """

    def __init__(self, labels: Volume, segments: Mapping[int, int]) -> None:
        self._labels = labels
        self._segments = segments
        self._found: dict[tuple[int, ...], Evidence | None] = {}

    def of_region(self, region: Region) -> Evidence | None:
        """The slice of a region's largest area, or None where the region is absent."""
        if region.labels not in self._found:
            voxel = largest_slice(np.isin(self._labels.array, region.labels))
            self._found[region.labels] = None if voxel is None else self._at(voxel, region)
        return self._found[region.labels]

    def of_point(self, region: Region, point: tuple[float, float, float]) -> Evidence:
        """The slice through a point (LPS mm) at which ``region`` was measured."""
        z, y, x = (round(value) for value in self._labels.index_of(point))
        inside = (min(max(z, 0), self._labels.shape[0] - 1), y, x)
        return self._at(inside, region)

    def _at(self, voxel: tuple[int, int, int], region: Region) -> Evidence:
        source = self._labels.source
        z, y, x = voxel
        rows, columns = self._labels.shape[1:]
        here = 0
        if 0 <= y < rows and 0 <= x < columns:
            here = int(self._labels.array[z, y, x])
        label = here if here in region.labels else region.labels[0]
        return {
            "structure": region.title,
            "label": label,
            "series_uid": None if source is None else source.series_uid,
            "sop_instance_uid": None if source is None else source.sop_instance_uids[z],
            "slice_index": z,
            "point_lps": [round(value, 2) for value in self._labels.point_lps(voxel)],
            "segment_number": self._segments.get(label),
        }
