"""A small limb with a tumour as DICOM, and a template that plans it in seconds, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from scipy import ndimage

from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_ct, write_mr
from ml.dicom.write_parametric_map import write_parametric_map
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.volume import Volume

MADE_BY = Algorithm(name="Test phantom", version="1")
SHAPE = (20, 44, 44)
SPACING = 3.0

TEMPLATE: dict[str, Any] = {
    "name": "Small limb",
    "site": "extremity",
    "prescription_gy": 20.0,
    "fractions": 10,
    "target": "GTV",
    "target_margin_mm": 3.0,
    "normalise": {"structure": "PTV", "volume_percent": 50, "dose_percent": 100},
    "machine": "Generic photon 6 MV",
    "beams": [{"gantry_deg": 0, "couch_deg": 0}, {"gantry_deg": 120, "couch_deg": 0}],
    "objectives": [
        {"structure": "PTV", "kind": "squared_deviation", "dose_gy": 20.0, "weight": 100},
        {"structure": "BODY", "kind": "squared_overdose", "dose_gy": 10.0, "weight": 1},
    ],
    "dose_grid_mm": 6.0,
    "bixel_mm": 10.0,
    "max_iterations": 8,
    "constraints": [{"structure": "PTV", "metric": "D50", "at_least_gy": 19.5}],
}


def limb(centre_mm: tuple[float, float] = (0.0, 0.0)) -> Volume:
    """A limb of fat, muscle and a bone, HU (z, y, x); its axis runs through ``centre_mm`` (y, x)
    from the middle of the image."""
    z, y, x = _axes(centre_mm)
    radius = np.hypot(y, x)
    hu = np.full(radius.shape, -1000.0)
    hu[radius < 48] = -100.0
    hu[radius < 43] = 50.0
    hu[np.hypot(y - 12, x) < 9] = 800.0
    affine = np.diag([SPACING, SPACING, SPACING, 1.0])
    affine[:3, 3] = (-60.0, -60.0, -30.0)
    return Volume(array=np.broadcast_to(hu, z.shape).astype(np.int16), affine=affine)


def tumour() -> np.ndarray[Any, np.dtype[np.bool_]]:
    """A ball of 12 mm radius beside the bone."""
    z, y, x = _axes((0.0, 0.0))
    inside: np.ndarray[Any, np.dtype[np.bool_]] = z**2 + (y + 15) ** 2 + x**2 < 12**2
    return inside


def write_case(folder: Path, image: Volume | None = None) -> dict[str, Path]:
    """A CT, a synthetic CT of the same frame (blurred, 20 HU denser) with bounds of 60 HU beside
    it, an MR and a structure set.

    Returns:
        The folders, by ``ct``, ``sct``, ``lower``, ``upper``, ``mr`` and ``structures``.
    """
    ct = image or limb()
    places = {name: folder / name for name in ("ct", "sct", "lower", "upper", "mr", "structures")}
    write_ct(ct, places["ct"], study=_study(), series=_series("ct"))
    read = read_series(places["ct"])
    write_ct(
        blurred(ct, 20.0),
        places["sct"],
        study=_study(),
        series=_series("sct"),
        generated=Generated(algorithm=MADE_BY, derivation="blurred", source=read.source),
    )
    sct = read_series(places["sct"])
    for name, off in (("lower", -60.0), ("upper", 60.0)):
        write_parametric_map(
            sct.like(np.where(sct.array > -500, sct.array + off, sct.array).astype(np.float32)),
            sct,
            title=f"CT {name} bound",
            derivation="60 HU beside",
            algorithm=MADE_BY,
            run_id="phantom",
            path=places[name] / "map.dcm",
            key=name,
        )
    write_mr(_mr(ct), places["mr"], study=_study(), series=_series("mr"))
    write_structures(read, [Region(name="GTV_1", mask=tumour(), interpreted_type="GTV")],
                     places["structures"])  # fmt: skip
    return places


def write_structures(image: Volume, regions: list[Region], folder: Path) -> Path:
    """A structure set of ``regions`` on a series that was read from DICOM."""
    path = folder / "structures.dcm"
    write_rtstruct(regions, image, algorithm=MADE_BY, run_id=f"phantom-{folder.name}", path=path)
    return folder


def blurred(ct: Volume, more_hu: float) -> Volume:
    """A stand-in for a synthetic CT: smoother, and ``more_hu`` denser inside."""
    smooth = ndimage.gaussian_filter(ct.array.astype(np.float32), 0.6)
    return ct.like(np.where(ct.array > -500, smooth + more_hu, ct.array).astype(np.float32))


def _mr(ct: Volume) -> Volume:
    """T1-like: fat bright, muscle grey, bone dark, some noise."""
    hu = ct.array
    signal = np.select([hu < -500, hu < 0, hu > 300], [5.0, 900.0, 40.0], default=350.0)
    noise = np.random.default_rng(3).normal(0, 8, hu.shape)
    return ct.like(np.clip(signal + noise, 1, None).astype(np.uint16))


def _axes(centre_mm: tuple[float, float]) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    steps = [(np.arange(n) - (n - 1) / 2) * SPACING for n in SHAPE]
    steps[1], steps[2] = steps[1] - centre_mm[0], steps[2] - centre_mm[1]
    return list(np.meshgrid(*steps, indexing="ij"))


def _study() -> Dataset:
    header = Dataset()
    header.PatientName, header.PatientID = "Test^Limb", "LIMB"
    header.PatientBirthDate, header.PatientSex = "19700102", "O"
    header.StudyInstanceUID = derived_uid("limb", "study")
    header.StudyDate, header.StudyTime, header.StudyID = "20200304", "101112", "1"
    header.AccessionNumber = header.ReferringPhysicianName = ""
    return header


def _series(name: str, frame: str = "frame") -> NewSeries:
    return NewSeries(
        series_uid=derived_uid("limb", name),
        frame_of_reference_uid=derived_uid("limb", frame),
        number=1,
        description=name,
        body_part="EXTREMITY",
        taken_at=datetime(2020, 3, 4, 10, 11, 12, tzinfo=UTC),
    )
