"""Maps of the bounds of a synthetic CT: valid, marked, and bit-equal when read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.contracts.errors import InputRefused
from ml.dicom.provenance import Written
from ml.dicom.read_parametric_map import read_parametric_map
from ml.dicom.write_parametric_map import write_parametric_map
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.conformance.plans import NETWORK, RUN, synthetic_ct
from tests.ml.dicom.series import grid


def bound(image: Volume) -> Volume:
    return image.like((image.array * 1.01 - 12.345).astype(np.float32))


def write(values: Volume, image: Volume, path: Path) -> Written:
    return write_parametric_map(
        values,
        image,
        title="CT 5 % bound",
        derivation="The value that CT numbers exceed with a probability of 95 %.",
        algorithm=NETWORK,
        run_id=RUN,
        path=path,
        key="sct-lower",
    )


def test_map_is_valid_marked_and_bit_equal(tmp_path: Path) -> None:
    image = synthetic_ct(tmp_path)
    written = write(bound(image), image, tmp_path / "lower" / "map.dcm")
    assert errors(written.path) == []
    read = read_parametric_map(tmp_path / "lower")
    assert read.array.dtype == np.float32
    assert (read.array == bound(image).array).all()
    assert np.allclose(read.affine, image.affine, rtol=0, atol=1e-9)
    assert read.source is not None
    assert image.source is not None
    assert read.source.frame_of_reference_uid == image.source.frame_of_reference_uid
    assert read.source.synthetic
    header = pydicom.dcmread(written.path, stop_before_pixels=True)
    assert header.SyntheticData == "YES"
    assert header.SeriesDescription == "SYNTHETIC CT 5 % bound"
    assert header.ContentQualification == "RESEARCH"
    (made_by,) = header.ContributingEquipmentSequence
    assert made_by.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    (series,) = header.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == image.source.series_uid


def test_what_is_no_map_of_ct_numbers_is_refused(tmp_path: Path) -> None:
    image = synthetic_ct(tmp_path)
    with pytest.raises(InputRefused, match="not a parametric map"):
        read_parametric_map(tmp_path / "sct")
    written = write(bound(image), image, tmp_path / "map.dcm")
    other = pydicom.dcmread(written.path)
    for group in (
        *other.SharedFunctionalGroupsSequence,
        *other.PerFrameFunctionalGroupsSequence,
    ):
        for mapping in group.get("RealWorldValueMappingSequence", ()):
            mapping.MeasurementUnitsCodeSequence[0].CodeValue = "mm2/s"
    other.save_as(tmp_path / "adc.dcm")
    with pytest.raises(InputRefused, match="Hounsfield"):
        read_parametric_map(tmp_path / "adc.dcm")


def test_map_on_another_grid_or_with_holes_is_not_written(tmp_path: Path) -> None:
    image = synthetic_ct(tmp_path)
    with pytest.raises(ValueError, match="grid"):
        write(grid(), image, tmp_path / "map.dcm")
    values = bound(image)
    values.array[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not numbers"):
        write(values, image, tmp_path / "map.dcm")
    with pytest.raises(ValueError, match="series of single-frame images"):
        write(grid(), grid(), tmp_path / "map.dcm")
