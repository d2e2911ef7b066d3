"""What a person drew in the viewer, as a structure set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.contracts.drawing import Drawing
from ml.contracts.errors import InputRefused
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.read import read_series
from ml.dicom.write_rtstruct import Region, write_rtstruct

# Masks are held in memory, one byte a voxel.
MOST_VOXELS = 2**29
VIEWER = Algorithm(name="Synoptic viewer", version="1")


def write_drawing(drawing: Drawing, *, source_dir: Path, path: Path) -> Written:
    """Write ``drawing`` as a structure set of the series in ``source_dir``.

    Raises:
        InputRefused: a mask does not fit the series or is empty, there are too many voxels, or the
            series is not one regular volume of single-frame images.
        InputUnreadable: the series is damaged.
    """
    source = read_series(source_dir)
    if source.array.size * len(drawing.structures) > MOST_VOXELS:
        raise InputRefused("These are too many structures for one set on so large a volume.")
    regions = [
        Region(
            name=item.name,
            mask=mask_of(item.runs, source.array.shape, item.name),
            interpreted_type=item.interpreted_type,
            colour=item.colour,
        )
        for item in drawing.structures
    ]
    try:
        return write_rtstruct(
            regions,
            source,
            algorithm=VIEWER,
            run_id=drawing.drawing_id,
            path=path,
            label=drawing.label,
            drawn_by=drawing.author,
        )
    except ValueError as error:
        raise InputRefused(f"Structures cannot be kept on this series: {error}.") from error


def mask_of(runs: bytes, shape: tuple[int, ...], name: str) -> NDArray[np.bool_]:
    """The mask (z, y, x) of ``shape`` from its runs (see ``DrawnStructure``).

    Raises:
        InputRefused: the runs do not add up to the volume, or hold no voxel.
    """
    if len(runs) % 4:
        raise InputRefused(f"The mask of {name} is cut short.")
    lengths = np.frombuffer(runs, "<u4").astype(np.int64)
    size = int(np.prod(shape, dtype=np.int64))
    if int(lengths.sum()) != size:
        raise InputRefused(f"The mask of {name} is not that of this volume.")
    inside = np.arange(len(lengths)) % 2 == 1
    if not lengths[inside].any():
        raise InputRefused(f"The structure {name} holds no voxel.")
    mask: NDArray[np.bool_] = np.repeat(inside, lengths).reshape(shape)
    return mask
