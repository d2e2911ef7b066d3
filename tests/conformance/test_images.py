"""Written CT and MR series against the standard, and bit by bit against other readers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from ml.dicom.image_series import Generated
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_image import MrSequence, write_ct, write_mr
from ml.imaging.itk import from_itk
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.ml.dicom.series import grid, mr_volume, new_series, study

MADE_BY = Algorithm(name="Simulator", version="2.0", weights_sha256="ef" * 32)


def hounsfield() -> Volume:
    values = np.linspace(-1024, 3071, 6 * 10 * 8).round().astype(np.int16).reshape(6, 10, 8)
    return grid(spacing=(2.5, 0.9765625, 0.9765625), array=values)


def by_simpleitk(paths: list[Path]) -> Volume:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(paths[0].parent)))
    return from_itk(reader.Execute())


def test_ct_is_valid_and_bit_equal(tmp_path: Path) -> None:
    paths = write_ct(hounsfield(), tmp_path, study=study(), series=new_series())
    assert [errors(path) for path in paths] == [[]] * 6
    for volume in (read_series(tmp_path), by_simpleitk(paths)):
        assert (volume.array == hounsfield().array).all()
        assert np.allclose(volume.affine, hounsfield().affine, rtol=0, atol=1e-9)


def test_ct_can_be_imported_by_a_planning_system(tmp_path: Path) -> None:
    paths = write_ct(hounsfield(), tmp_path, study=study(), series=new_series())
    slices = [pydicom.dcmread(path) for path in paths]
    for number, image in enumerate(slices, start=1):
        assert image.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
        assert image.InstanceNumber == number
        assert (image.RescaleSlope, image.RescaleIntercept) == (1, -1024)
        assert (image.RescaleType, image.PatientPosition) == ("HU", "HFS")
        assert (image.BitsStored, image.PhotometricInterpretation) == (16, "MONOCHROME2")
        assert "KVP" in image
        assert image.PixelSpacing[0] == image.PixelSpacing[1]
        assert image.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    heights = [float(image.ImagePositionPatient[2]) for image in slices]
    assert np.allclose(np.diff(heights), 2.5)


def test_ct_refuses_what_it_cannot_say(tmp_path: Path) -> None:
    turned = Volume(array=hounsfield().array, affine=hounsfield().affine @ np.diag([-1, 1, 1, 1]))
    with pytest.raises(ValueError, match="LPS"):
        write_ct(turned, tmp_path, study=study(), series=new_series())
    with pytest.raises(ValueError, match="square"):
        write_ct(grid(), tmp_path, study=study(), series=new_series())


def test_synthetic_ct_names_a_scanner_of_its_own(tmp_path: Path) -> None:
    marks = Generated(algorithm=MADE_BY, derivation="CT numbers ± their bounds → from MR.")
    paths = write_ct(hounsfield(), tmp_path, study=study(), series=new_series(), generated=marks)
    image = pydicom.dcmread(paths[0])
    assert (image.Manufacturer, image.StationName) == ("Synoptic", "SYNOPTIC-SCT")
    assert image.ManufacturerModelName == "Simulator"
    assert (image.ConvolutionKernel, image.AcquisitionDate) == ("NONE", "20200304")
    assert image.AcquisitionTime == "101112"
    assert image.DerivationDescription == "CT numbers ± their bounds → from MR."
    large = grid(spacing=(1, 1, 1), array=np.zeros((2, 513, 2), np.int16))
    with pytest.raises(ValueError, match="512"):
        write_ct(large, tmp_path, study=study(), series=new_series(), generated=marks)


def test_mr_is_valid_and_bit_equal(tmp_path: Path) -> None:
    sequence = MrSequence(
        scanning_sequence="GR", sequence_variant="SP", repetition_time_ms=18, echo_time_ms=10
    )
    paths = write_mr(grid(), tmp_path, study=study(), series=new_series(), sequence=sequence)
    assert [errors(path) for path in paths] == [[]] * 6
    for volume in (read_series(tmp_path), by_simpleitk(paths)):
        assert (volume.array == grid().array).all()
        assert np.allclose(volume.affine, grid().affine, rtol=0, atol=1e-9)
    assert pydicom.dcmread(paths[0]).SyntheticData == "NO"


def test_mr_keeps_signed_values_and_refuses_others(tmp_path: Path) -> None:
    signed = grid(array=grid().array.astype(np.int16) - 200)
    write_mr(signed, tmp_path, study=study(), series=new_series())
    assert (read_series(tmp_path).array == signed.array).all()
    with pytest.raises(ValueError, match="integers"):
        write_mr(grid(array=np.ones((6, 10, 8))), tmp_path, study=study(), series=new_series())
    large = grid(array=np.full((6, 10, 8), 70000))
    with pytest.raises(ValueError, match="16 bits"):
        write_mr(large, tmp_path, study=study(), series=new_series())


@pytest.mark.parametrize("modality", ["MR", "CT"])
@pytest.mark.parametrize("kept", [True, False])
def test_synthetic_series_carries_every_mark(tmp_path: Path, modality: str, kept: bool) -> None:
    source = mr_volume(tmp_path / "source").source
    assert source is not None
    marks = Generated(
        algorithm=MADE_BY, derivation="Made for a test.", source=source, geometry_preserved=kept
    )
    writer = write_mr if modality == "MR" else write_ct
    volume = grid() if modality == "MR" else hounsfield()
    paths = writer(
        volume, tmp_path / "out", study=study(), series=new_series("made"), generated=marks
    )
    assert [errors(path) for path in paths] == [[]] * 6
    for index, path in enumerate(paths):
        image = pydicom.dcmread(path)
        assert image.SyntheticData == "YES"
        assert list(image.ImageType[:3]) == ["DERIVED", "SECONDARY", "AXIAL"]
        assert image.SeriesDescription.startswith("SYNTHETIC")
        assert image.ContentQualification == "RESEARCH"
        assert image.DerivationDescription == "Made for a test."
        assert (image.BurnedInAnnotation, image.LossyImageCompression) == ("NO", "00")
        item = image.SourceImageSequence[0]
        assert item.ReferencedSOPInstanceUID == source.sop_instance_uids[index]
        assert item.SpatialLocationsPreserved == ("YES" if kept else "NO")
        assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
        made_by = image.ContributingEquipmentSequence[0]
        assert made_by.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
        assert "ef" * 32 in made_by.ContributionDescription
        assert made_by.DeviceUID == MADE_BY.device_uid
        assert made_by.SoftwareVersions == "2.0"
        assert (image.PatientID, image.StudyInstanceUID) == ("T1", study().StudyInstanceUID)


def test_same_series_written_twice_is_the_same_bytes(tmp_path: Path) -> None:
    series = new_series()
    assert series.taken_at == datetime(2020, 3, 4, 10, 11, 12, tzinfo=UTC)
    marks = Generated(algorithm=MADE_BY, derivation="Made for a test.")
    first = write_mr(grid(), tmp_path / "a", study=study(), series=series, generated=marks)
    second = write_mr(grid(), tmp_path / "b", study=study(), series=series, generated=marks)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
