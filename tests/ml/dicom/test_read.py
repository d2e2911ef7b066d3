"""Reading a series: order, place, values, and what is refused with which reason."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import JPEG2000Lossless, RLELossless

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.read import read_series, read_volume
from ml.imaging.itk import from_itk
from ml.imaging.volume import Volume
from tests.ml.dicom.series import grid, mr_series


def edit(path: Path, **changes: object) -> None:
    dataset = pydicom.dcmread(path)
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)


def test_series_reads_as_it_was_written(tmp_path: Path) -> None:
    mr_series(tmp_path)
    volume = read_volume(tmp_path, "dicom")
    assert volume.array.tolist() == grid().array.tolist()
    assert np.allclose(volume.affine, grid().affine, atol=1e-9)
    assert volume.source is not None
    assert len(set(volume.source.sop_instance_uids)) == 6
    assert (volume.source.modality, volume.source.body_part) == ("MR", "HEAD")


def test_names_of_files_do_not_decide_the_order(tmp_path: Path) -> None:
    paths = mr_series(tmp_path / "a")
    names = [f"{i}.dcm" for i in range(len(paths))]
    random.Random(3).shuffle(names)
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for path, name in zip(paths, names, strict=True):
        shutil.copy(path, tmp_path / "b" / "deep" / name)
    assert (read_series(tmp_path / "b").array == grid().array).all()


@pytest.mark.parametrize("axes", ["RAS", "LPI", "ASL", "SRP", "ILA"])
def test_place_of_every_voxel_agrees_with_simpleitk(tmp_path: Path, axes: str) -> None:
    image = sitk.DICOMOrient(_oblique_image(), axes)
    volume = from_itk(image)
    mr_series(tmp_path, volume)
    read = read_series(tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    theirs = from_itk(reader.Execute())
    assert np.allclose(read.affine, theirs.affine, atol=1e-4)
    assert (read.array == theirs.array).all()
    value = int(volume.array[1, 2, 3])
    (z, y, x) = (int(i[0]) for i in np.nonzero(read.array == value))
    assert np.allclose(read.point_lps((z, y, x)), volume.point_lps((1, 2, 3)), atol=1e-4)


def _oblique_image() -> sitk.Image:
    image = sitk.GetImageFromArray(grid((5, 7, 6)).array)
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.1, -0.2, 0.15)
    image.SetDirection(turn.GetMatrix())
    image.SetSpacing((1.25, 1.5, 3.0))
    image.SetOrigin((-20.0, 13.0, 5.5))
    return image


def test_rescale_to_hounsfield_stays_an_exact_integer(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        edit(path, RescaleSlope="2", RescaleIntercept="-1024")
    volume = read_series(tmp_path)
    assert volume.array.dtype == np.int16
    assert (volume.array == grid().array.astype(int) * 2 - 1024).all()


def test_rescale_of_each_slice_is_its_own(tmp_path: Path) -> None:
    paths = mr_series(tmp_path)
    for index, path in enumerate(paths):
        edit(path, RescaleSlope=str(0.5 + index), RescaleIntercept="0")
    volume = read_series(tmp_path)
    assert volume.array.dtype == np.float32
    assert volume.array[3, 0, 0] == grid().array[3, 0, 0] * 3.5


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_series_gives_the_same_voxels(tmp_path: Path, syntax: str) -> None:
    volume = grid((3, 64, 72))  # openjpeg refuses to pack thumbnails
    for path in mr_series(tmp_path, volume):
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    assert (read_series(tmp_path).array == volume.array).all()


def test_the_same_object_twice_counts_once(tmp_path: Path) -> None:
    paths = mr_series(tmp_path)
    shutil.copy(paths[2], tmp_path / "again.dcm")
    assert read_series(tmp_path).shape == (6, 10, 8)


def test_other_files_beside_the_series_are_passed_over(tmp_path: Path) -> None:
    mr_series(tmp_path)
    (tmp_path / "README.txt").write_text("nothing medical")
    (tmp_path / "empty").touch()
    assert read_series(tmp_path).shape == (6, 10, 8)


def test_uids_emptied_by_deidentification_come_from_the_file_header(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        edit(path, SOPInstanceUID="", SOPClassUID="")
    assert read_series(tmp_path).shape == (6, 10, 8)


def test_two_series_are_refused(tmp_path: Path) -> None:
    mr_series(tmp_path / "a")
    mr_series(tmp_path / "b", name="other")
    with pytest.raises(InputRefused, match="2 series"):
        read_series(tmp_path)


def test_missing_slice_is_refused_and_unreadable_files_are_counted(tmp_path: Path) -> None:
    paths = mr_series(tmp_path)
    paths[2].write_bytes(b"broken")
    with pytest.raises(InputRefused, match=r"gaps between slices.*1 of the files"):
        read_series(tmp_path)


def test_a_changed_position_is_refused(tmp_path: Path) -> None:
    paths = mr_series(tmp_path)
    edit(paths[3], ImagePositionPatient=[-5.0, -31.5, 21.25])
    with pytest.raises(InputRefused, match="one above the other"):
        read_series(tmp_path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ImagePositionPatient": None}, "where they lie"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "right angles"),
        ({"PixelSpacing": [0, 0]}, "pixel spacing"),
        ({"PixelSpacing": None}, "where they lie"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"Rows": 60000, "Columns": 60000}, "implausibly large"),
        ({"RescaleSlope": "0", "RescaleIntercept": "1"}, "rescale"),
        ({"NumberOfFrames": "-3"}, "number of frames"),
        ({"Modality": "SEG"}, "a segmentation"),
    ],
)
def test_unusable_headers_are_refused_with_the_reason(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    for path in mr_series(tmp_path):
        edit(path, **changes)
    with pytest.raises(InputRefused, match=reason):
        read_series(tmp_path)


def test_pixels_shorter_than_stated_are_unreadable(tmp_path: Path) -> None:
    path = mr_series(tmp_path)[0]
    edit(path, PixelData=b"\0" * 60)
    with pytest.raises(InputUnreadable, match="cut off"):
        read_series(tmp_path)


def test_digest_follows_voxels_and_place(tmp_path: Path) -> None:
    mr_series(tmp_path)
    volume = read_series(tmp_path)
    same = Volume(array=volume.array.copy(), affine=volume.affine.copy())
    moved = Volume(array=volume.array, affine=volume.affine + np.eye(4, k=3))
    assert volume.digest() == same.digest()
    assert volume.digest() != moved.digest()
