"""Where to measure: the body or head, and tissues in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.simulate import labels

AIR_HU = -400.0  # between air and fat
# Bounds as in bulk-density assignment for MR-only planning: air, soft tissue, bone.
_CT_CLASSES = (("air", -np.inf, -200.0), ("soft tissue", -200.0, 200.0), ("bone", 200.0, np.inf))


def body_mask(image: NDArray[Any], *, hounsfield: bool) -> NDArray[np.bool_]:
    """The largest thing in an image (z, y, x) with its holes filled slice by slice: above
    -400 HU in CT, above a tenth of the 99th percentile of the occupied range otherwise."""
    threshold = AIR_HU
    if not hounsfield:
        low = float(image.min())
        threshold = low + 0.1 * (float(np.percentile(image, 99)) - low)
    parts, count = ndimage.label(ndimage.binary_opening(image > threshold))
    if not count:
        return np.ones(image.shape, dtype=np.bool_)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    body: NDArray[np.bool_] = parts == sizes.argmax()
    for z in range(len(body)):
        body[z] = ndimage.binary_fill_holes(body[z])
    return body


def hounsfield_classes(
    reference: NDArray[Any], mask: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Air, soft tissue and bone of a reference CT within ``mask``, by HU."""
    found = {
        name: mask & (reference >= low) & (reference < high) for name, low, high in _CT_CLASSES
    }
    return {name: where for name, where in found.items() if where.any()}


def label_classes(
    ids: NDArray[np.integer[Any]], mask: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Tissues of a label map within ``mask``: by the head key where all ids are in it (both sides
    of a structure are one tissue), else by id."""
    present = [int(i) for i in np.unique(ids[mask])]
    found: dict[str, NDArray[np.bool_]] = {}
    for label_id in present:
        name = TISSUE_OF_ID.get(label_id, f"label {label_id}")
        where = mask & (ids == label_id)
        found[name] = found[name] | where if name in found else where
    return found


TISSUE_OF_ID = {item.label_id: item.tissue for item in labels.SOURCE_LABELS}
