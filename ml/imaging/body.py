"""The outline of the body on MR and CT."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.volume import Volume

# Fat is the brightest tissue of T1; cortical bone and air are dark. The outline follows skin.
MR_SHARE_OF_BRIGHT = 0.08
CT_THRESHOLD_HU = -350.0
# A dark gap this long between tissue on the edge of an image is bone that the edge cuts.
EDGE_GAP_MM = 35.0


def body_of_mr(volume: Volume) -> NDArray[np.bool_]:
    """What of an MR (any scale, (z, y, x)) is body: bright enough, in pieces of more than a tenth
    of the largest, closed over dark bone, also where bone meets the edge of the image."""
    array = volume.array.astype(np.float32)
    bright = float(np.percentile(array, 98))
    return _outline(array > MR_SHARE_OF_BRIGHT * bright, volume.spacing, close_mm=6.0)


def body_of_ct(volume: Volume) -> NDArray[np.bool_]:
    """What of a CT (HU, (z, y, x)) is body: denser than -350 HU without the couch, which is thin,
    with air inside the body filled."""
    dense = volume.array > CT_THRESHOLD_HU
    return _outline(dense, volume.spacing, close_mm=3.0, open_mm=4.0)


def _outline(
    mask: NDArray[np.bool_],
    spacing: tuple[float, float, float],
    *,
    close_mm: float,
    open_mm: float = 2.0,
) -> NDArray[np.bool_]:
    step = (spacing[1] + spacing[2]) / 2
    margin = int(np.ceil(close_mm / step)) + 2
    out = np.zeros_like(mask)
    for index, plane in enumerate(mask):
        # Repeated beyond the edge, tissue that is cut off there counts as going on.
        wide = np.pad(_edges_bridged(plane, EDGE_GAP_MM / step), margin, mode="edge")
        wide = _disk_open(wide, open_mm / step)
        wide = _disk_close(wide, close_mm / step)
        out[index] = ndimage.binary_fill_holes(wide)[margin:-margin, margin:-margin]
    pieces, count = ndimage.label(out)
    if count <= 1:
        return out
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = np.isin(pieces, np.flatnonzero(sizes > 0.1 * sizes.max()))
    return kept


def _edges_bridged(plane: NDArray[np.bool_], longest: float) -> NDArray[np.bool_]:
    """Gaps of at most ``longest`` pixels between tissue on each edge of the plane closed."""
    bridged = plane.copy()
    for line in (bridged[0], bridged[-1], bridged[:, 0], bridged[:, -1]):
        tissue = np.flatnonzero(line)
        for start, end in itertools.pairwise(tissue.tolist()):
            if 1 < end - start <= longest:
                line[start:end] = True
    return bridged


def _disk_close(plane: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    grown = _distance(~plane) <= radius
    closed: NDArray[np.bool_] = _distance(grown) > radius
    return closed | plane


def _disk_open(plane: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    eroded = _distance(plane) > radius
    opened: NDArray[np.bool_] = (_distance(~eroded) <= radius) & plane
    return opened


def _distance(plane: NDArray[np.bool_]) -> NDArray[Any]:
    """Pixels to the nearest False; far everywhere where there is none."""
    if plane.all():
        return np.full(plane.shape, np.inf)
    found: NDArray[Any] = ndimage.distance_transform_edt(plane)
    return found
