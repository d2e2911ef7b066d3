"""Regions of a structure set as masks on a volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused
from ml.dicom.contours import Polygon, filled
from ml.dicom.read_rtstruct import Roi, StructureSet
from ml.imaging.volume import Volume

# Contours are given to a hundredth of a millimetre at best; points of one plane differ by that.
_ONE_PLANE_MM = 0.05
# How far (in slices) a contour may lean out of the plane of the slices.
_LEAN_SLICES = 0.5
# No system draws contours on planes further apart than this.
_MAX_PLANE_DISTANCE_MM = 10.0


class FrameOfReferenceDiffers(InputRefused):
    """Structures and image have no common coordinate system."""

    code = "frame_of_reference_differs"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoiMask:
    """A region on a volume's grid, and what of it the grid does not hold.

    ``mask`` (z, y, x) bool. ``volume_ml`` is that of the contours, ``outside_ml`` the part of it
    beyond the volume's faces. ``note`` is a sentence about it, "" where all is inside.
    """

    mask: NDArray[np.bool_]
    volume_ml: float
    outside_ml: float
    note: str = ""

    @property
    def truncated(self) -> bool:
        """Whether part of the region lies outside the volume."""
        return self.outside_ml > 0


@dataclass(frozen=True, slots=True)
class _Plane:
    """The closed contours of one plane: its place in slices, polygons (y, x) in pixels."""

    z: float
    polygons: list[Polygon]


def check_frame(structures: StructureSet, volume: Volume) -> None:
    """Make sure that ``structures`` and ``volume`` share a coordinate system.

    Where one of them does not name its frame of reference, it is enough that the structure set
    was drawn on the very series.

    Raises:
        FrameOfReferenceDiffers: they do not.
    """
    source = volume.source
    ours = source.frame_of_reference_uid if source else None
    theirs = {roi.frame_of_reference_uid for roi in structures.rois if roi.contours}
    theirs.discard("")
    if (
        source is not None
        and source.series_uid in structures.referenced_series_uids
        and (not ours or not theirs)
    ):
        return
    if not ours or not theirs:
        raise FrameOfReferenceDiffers(
            "The image or the structure set does not name its frame of reference, so it is not "
            "known where the structures lie on the image."
        )
    if theirs != {ours}:
        raise FrameOfReferenceDiffers(
            "The structure set belongs to another frame of reference than the image. Register "
            "the two, or choose a structure set that was drawn on this image."
        )


def mask_on(roi: Roi, volume: Volume) -> RoiMask:
    """Draw ``roi`` on the grid of ``volume``.

    A voxel belongs to the region where its centre lies inside the contours. Contours of one plane
    are combined by exclusive or, so a contour within another is a hole (PS3.3 C.8.8.6.3). A slice
    takes the nearest plane of contours within half a slice, or within half the distance of the
    planes where these lie further apart. Points and open contours bound no voxels.

    Raises:
        FrameOfReferenceDiffers: region and volume name different frames of reference.
        InputRefused: the contours do not lie in the planes of the slices.
    """
    ours = volume.source.frame_of_reference_uid if volume.source else None
    if ours and roi.frame_of_reference_uid and ours != roi.frame_of_reference_uid:
        raise FrameOfReferenceDiffers(
            "The structure belongs to another frame of reference than the image."
        )
    planes = _planes(roi, volume)
    mask = np.zeros(volume.shape, dtype=np.bool_)
    inside = outside = 0
    if planes:
        heights = np.array([plane.z for plane in planes])
        reach = max(1.0, _plane_distance(heights, volume.spacing[0])) / 2
        for index in _slices(heights, reach):
            nearest = int(np.abs(heights - index).argmin())
            if abs(heights[nearest] - index) > reach + 1e-3:
                continue
            within, beyond = _draw(planes[nearest], volume, mask, index)
            inside, outside = inside + within, outside + beyond
    return RoiMask(
        mask=mask,
        volume_ml=(inside + outside) * volume.voxel_ml,
        outside_ml=outside * volume.voxel_ml,
        note=_note(bool(planes), inside, outside),
    )


def _planes(roi: Roi, volume: Volume) -> list[_Plane]:
    """The closed contours by plane, in ascending order."""
    inverse = np.linalg.inv(volume.affine)
    thickness = volume.spacing[0]
    flat: list[tuple[float, Polygon]] = []
    for contour in roi.contours:
        if not contour.closed:
            continue
        # Rounded: a vertex meant for the centre of a pixel shall lie on it.
        voxels = np.round(contour.points @ inverse[:3, :3].T + inverse[:3, 3], 6)
        if np.ptp(voxels[:, 2]) > _LEAN_SLICES:
            raise InputRefused(
                "The contours are not drawn in the planes of the image's slices; resample the "
                "image to transverse slices, or choose the image they were drawn on."
            )
        flat.append((float(np.median(voxels[:, 2])), voxels[:, 1::-1]))
    planes: list[_Plane] = []
    for z, polygon in sorted(flat, key=lambda item: item[0]):
        if planes and (z - planes[-1].z) * thickness <= _ONE_PLANE_MM:
            # The same contour twice is one contour, not a hole.
            if not any(np.array_equal(polygon, known) for known in planes[-1].polygons):
                planes[-1].polygons.append(polygon)
        else:
            planes.append(_Plane(z, [polygon]))
    return planes


def _plane_distance(heights: NDArray[np.float64], thickness: float) -> float:
    """The usual distance of neighbouring planes, in slices; gaps between parts do not count."""
    apart = np.diff(heights)
    apart = apart[apart * thickness <= _MAX_PLANE_DISTANCE_MM]
    return float(np.median(apart)) if apart.size else 1.0


def _slices(heights: NDArray[np.float64], reach: float) -> Iterator[int]:
    """Every slice that a plane may reach, also beyond the volume."""
    seen: set[int] = set()
    for z in heights:
        for index in range(int(np.ceil(z - reach - 1e-3)), int(np.floor(z + reach + 1e-3)) + 1):
            if index not in seen:
                seen.add(index)
                yield index


def _draw(plane: _Plane, volume: Volume, mask: NDArray[np.bool_], index: int) -> tuple[int, int]:
    """Draw a plane on slice ``index``; the pixels drawn within and beyond the volume."""
    slices, rows, columns = volume.shape
    points = np.concatenate(plane.polygons)
    # Room for what lies beyond the faces, but not on the word of a damaged file.
    low = np.maximum(np.floor(points.min(axis=0)).astype(int), [-rows, -columns])
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, [2 * rows, 2 * columns])
    size = np.maximum(high - low, 0)
    drawn = np.zeros((int(size[0]), int(size[1])), dtype=np.bool_)
    for polygon in plane.polygons:
        drawn ^= filled(polygon - low, (int(size[0]), int(size[1])))
    total = int(drawn.sum()) if drawn.size else len(points)  # all of it is far away
    if not 0 <= index < slices or not drawn.size:
        return 0, total
    (y0, x0), (y1, x1) = np.maximum(low, 0), np.minimum(high, [rows, columns])
    if y1 <= y0 or x1 <= x0:
        return 0, total
    part = drawn[y0 - low[0] : y1 - low[0], x0 - low[1] : x1 - low[1]]
    mask[index, y0:y1, x0:x1] = part
    within = int(part.sum())
    return within, total - within


def _note(drawn: bool, inside: int, outside: int) -> str:
    if not drawn:
        return "The structure has no closed contours."
    if not inside and outside:
        return "The structure lies wholly outside the image."
    if outside:
        percent = 100 * outside / (inside + outside)
        return f"{percent:.1f} % of the structure lies outside the image."
    return "" if inside else "The structure is smaller than a voxel of the image."
