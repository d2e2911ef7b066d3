"""A map of quantities beside an image, such as a bound of its CT numbers, as a Parametric Map."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
from pydicom.dataelem import DataElement
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.dicom.headers import source_headers
from ml.dicom.provenance import MANUFACTURER, Algorithm, Written, equipment, save
from ml.dicom.uids import derived_uid
from ml.imaging.volume import Volume

SERIES_NUMBER = 9021


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What the values of a map are: a label for programs, words, a unit, and how to show them."""

    label: str
    explanation: str
    unit: Code
    centre: float
    width: float


HOUNSFIELD = Quantity(
    label="HU",
    explanation="CT number",
    unit=codes.UCUM.HounsfieldUnit,
    centre=40,
    width=400,
)


def write_parametric_map(
    values: Volume,
    source: Volume,
    *,
    title: str,
    derivation: str,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str,
    series_number: int = SERIES_NUMBER,
    quantity: Quantity = HOUNSFIELD,
) -> Written:
    """Write ``values`` (``quantity``, float (z, y, x)) on the grid of the image ``source``.

    One multi-frame object of 32-bit floats; the description of its series is ``SYNTHETIC`` and
    ``title``. The frames refer to the slices of ``source``, whose frame of reference, patient and
    study they share. UIDs follow from ``run_id`` and ``key``.

    Raises:
        ValueError: ``source`` is not from DICOM or is multi-frame, the grids differ, or a value
            is not a number.
    """
    if source.source is None or source.source.frame_numbers[0]:
        raise ValueError("a map needs the series of single-frame images it belongs to")
    if values.shape != source.shape or not np.allclose(values.affine, source.affine, atol=1e-4):
        raise ValueError("the map does not lie on the grid of the image")
    array = np.ascontiguousarray(values.array, dtype=np.float32)
    if not np.isfinite(array).all():
        raise ValueError("the map holds values that are not numbers")
    headers = source_headers(source.source)
    low, high = float(array.min()), float(array.max())
    with warnings.catch_warnings():
        # The frames lie in one line by construction; highdicom's note on it is of no use here.
        warnings.simplefilter("ignore", UserWarning)
        dataset = hd.pm.ParametricMap(
            source_images=headers,
            pixel_array=array,
            series_instance_uid=derived_uid(run_id, f"{key}/series"),
            series_number=series_number,
            sop_instance_uid=derived_uid(run_id, key),
            instance_number=1,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=algorithm.name[:64],
            software_versions=algorithm.version[:64],
            device_serial_number=algorithm.serial_number,
            contains_recognizable_visual_features=False,
            real_world_value_mappings=[_mapping(quantity, low, high)],
            window_center=quantity.centre,
            window_width=quantity.width,
            content_label=f"{quantity.label.upper()}_MAP"[:16],
            content_description=title[:64],
            content_creator_name=f"{MANUFACTURER}^",
            content_qualification="RESEARCH",
            series_description=f"SYNTHETIC {title}"[:64],
        )
    dataset.SyntheticData = "YES"
    dataset.DerivationDescription = derivation[:1024]
    if source.source.body_part:
        dataset.BodyPartExamined = source.source.body_part
    dataset["ContributingEquipmentSequence"] = DataElement(
        "ContributingEquipmentSequence", "SQ", [equipment(algorithm, generated=True)]
    )
    return save(dataset, path)


def _mapping(quantity: Quantity, low: float, high: float) -> hd.pm.RealWorldValueMapping:
    return hd.pm.RealWorldValueMapping(
        lut_label=quantity.label[:16],
        lut_explanation=quantity.explanation[:64],
        unit=quantity.unit,
        value_range=(low, high),
        slope=1.0,
        intercept=0.0,
    )
